// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1
internal import Shared

/// The header fields that go from a client to the platform, and those that come back: not what is about one connection
/// (RFC 9110, section 7.6.1), and no answer's word on what is the relay's own.
enum PassedFields {
    private static let hopByHopNames: Set<String> = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]

    /// What the connection to the platform writes itself, or what is between a client and this relay only.
    private static let requestNames: Set<String> = [
        "host", "content-length", "expect", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port",
        "x-forwarded-proto", "x-real-ip",
    ]

    /// What this relay writes itself.
    private static let responseNames: Set<String> = ["content-length", "date", "x-content-type-options"]

    /// The fields of a client's request that the platform gets, in order and with repeats.
    static func request(_ headers: HTTPHeaders) -> HTTPHeaders {
        HTTPHeaders(self.endToEnd(headers) { self.requestNames.contains($0) })
    }

    /// The fields of the platform's answer that the client gets, in order and with repeats. In a browser the answer
    /// stands at the origin of the inspector's page: so it says nothing for others, and is what its type says.
    static func response(_ headers: HTTPHeaders) -> [(name: String, value: String)] {
        let passed = self.endToEnd(headers) { self.responseNames.contains($0) || OriginWideFields.contain($0) }
        // Ours to keep out, whatever the platform's parser let through.
        let fit = passed.filter { $0.1.fitsInField }.map { (name: $0.0, value: $0.1) }
        return fit + [(name: "X-Content-Type-Options", value: "nosniff")]
    }

    /// - Parameter isOther: whether a field, by its name in lower case, is left out besides.
    private static func endToEnd(_ headers: HTTPHeaders, _ isOther: (String) -> Bool) -> [(String, String)] {
        let named = Set(headers[canonicalForm: "connection"].map { $0.lowercased() })
        return headers.compactMap { name, value in
            let lowercased = name.lowercased()
            let isHop = self.hopByHopNames.contains(lowercased) || named.contains(lowercased)
            return isHop || isOther(lowercased) ? nil : (name, value)
        }
    }
}
