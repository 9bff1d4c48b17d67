// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1
internal import Shared

/// Restricts a bot's reply in a browser to being displayed. Anyone can create and link to a webhook URL of an open
/// relay, and its response shares the origin of the inspector's page, where secrets are.
enum ReplyPolicy {
    /// The bot's response fields that are dropped besides the origin-wide ones, in lower case.
    private static let withheld: Set<String> = [
        // They frame a message or belong to one connection (RFC 9110, section 7.6.1): the server's own to write.
        "connection", "content-length", "date", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding",
        "upgrade",
    ]

    /// Whether a field of a bot's is left out.
    static func withholds(_ name: String) -> Bool {
        let name = name.lowercased()
        return self.withheld.contains(name) || OriginWideFields.contain(name) || ForeignContent.replaces(name)
            || name.hasPrefix("access-control-")
    }

    /// The response, restricted.
    static func confine(_ response: HTTPResponse) -> HTTPResponse {
        var response = response
        response.headers += ForeignContent.headers
        return response
    }

    /// Refuses a browser's fetch of a service worker script, which could then answer for all pages of the origin; nil
    /// for any other request (Service Workers, "Update": every fetch of the script has the field).
    static func refusal(of request: HTTPRequest) -> Problem? {
        guard request.fields.single("service-worker", { _ in }) != .missing else { return nil }
        return Problem(
            .forbidden,
            reason: WebhookRefusal.serviceWorker,
            detail: "A bot's reply is no script for a service worker: a webhook is asked by a platform, not by a page."
        )
    }
}
