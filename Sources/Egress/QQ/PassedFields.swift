// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1
internal import Shared

/// The header fields proxied from a client to the platform, and back: without hop-by-hop fields (RFC 9110, section
/// 7.6.1), and without response fields that affect the relay's own origin.
enum PassedFields {
    private static let hopByHopNames: Set<String> = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]

    /// Fields that the platform's connection writes itself, or that concern only the client and this relay.
    private static let requestNames: Set<String> = [
        "host", "content-length", "expect", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port",
        "x-forwarded-proto", "x-real-ip",
    ]

    /// Fields that this relay writes itself.
    private static let responseNames: Set<String> = ["content-length", "date"]

    /// The request fields passed to the platform, in order and with repeats.
    static func request(_ headers: HTTPHeaders) -> HTTPHeaders {
        HTTPHeaders(self.endToEnd(headers) { self.requestNames.contains($0) })
    }

    /// The response fields passed to the client, in order and with repeats. A browser sees the response in the origin
    /// of the inspector's page: so origin-wide fields are dropped, and content sniffing is disabled.
    static func response(_ headers: HTTPHeaders) -> [(name: String, value: String)] {
        let passed = self.endToEnd(headers) {
            self.responseNames.contains($0) || OriginWideFields.contain($0) || ForeignContent.replaces($0)
        }
        // Invalid values must be dropped here, whatever the HTTP client's parser allowed.
        let fit = passed.filter { $0.1.fitsInField }.map { (name: $0.0, value: $0.1) }
        return fit + ForeignContent.headers
    }

    /// - Parameter isOther: whether a field, by its lower-case name, is dropped too.
    private static func endToEnd(_ headers: HTTPHeaders, _ isOther: (String) -> Bool) -> [(String, String)] {
        let named = Set(headers[canonicalForm: "connection"].map { $0.lowercased() })
        return headers.compactMap { name, value in
            let lowercased = name.lowercased()
            let isHop = self.hopByHopNames.contains(lowercased) || named.contains(lowercased)
            return isHop || isOther(lowercased) ? nil : (name, value)
        }
    }
}
