// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1
internal import Shared

/// What a bot's reply may do in a browser: nothing but be shown. A webhook of an open relay is an address that anybody can
/// make and link to, and what it answers comes from the origin of the inspector's page, where secrets are.
enum ReplyPolicy {
    /// Stands in every reply: a document runs no script and has an origin of its own, and bytes are what their type says.
    private static let headers: [(name: String, value: String)] = [
        ("Content-Security-Policy", "sandbox"), ("X-Content-Type-Options", "nosniff"),
    ]

    /// The fields of a bot's that are left out besides those for the whole origin, in lower case.
    private static let withheld: Set<String> = [
        // They frame a message or belong to one connection (RFC 9110, section 7.6.1): the server's own to write.
        "connection", "content-length", "date", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding",
        "upgrade",
        // The relay's own to say.
        "content-security-policy", "content-security-policy-report-only", "x-content-type-options",
    ]

    /// Whether a field of a bot's is left out.
    static func withholds(_ name: String) -> Bool {
        let name = name.lowercased()
        return self.withheld.contains(name) || OriginWideFields.contain(name) || name.hasPrefix("access-control-")
    }

    /// The answer, confined.
    static func confine(_ response: HTTPResponse) -> HTTPResponse {
        var response = response
        response.headers += self.headers
        return response
    }

    /// Why a browser gets no reply for a service worker's script, which would answer for all pages of the origin from then
    /// on; nil for any other request (Service Workers, "Update": every fetch of the script has the field).
    static func refusal(of request: HTTPRequest) -> Problem? {
        guard request.fields.single("service-worker", { _ in }) != .missing else { return nil }
        return Problem(
            .forbidden,
            reason: WebhookRefusal.serviceWorker,
            detail: "A bot's reply is no script for a service worker: a webhook is asked by a platform, not by a page."
        )
    }
}
