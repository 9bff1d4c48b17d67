// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1
internal import Shared

/// Header fields that are about one connection, and are not passed on (RFC 9110, section 7.6.1).
enum HopByHopFields {
    private static let names: Set<String> = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]

    /// What the connection to the platform writes itself, or what is between a client and this relay only.
    private static let requestNames: Set<String> = [
        "host", "content-length", "expect", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port",
        "x-forwarded-proto", "x-real-ip",
    ]

    /// What this relay's own connection writes.
    private static let responseNames: Set<String> = ["content-length", "date"]

    /// The fields of a client's request that the platform gets, in order and with repeats.
    static func request(_ headers: HTTPHeaders) -> HTTPHeaders {
        HTTPHeaders(self.endToEnd(headers, besides: self.requestNames))
    }

    /// The fields of the platform's answer that the client gets, in order and with repeats.
    static func response(_ headers: HTTPHeaders) -> [(name: String, value: String)] {
        self.endToEnd(headers, besides: self.responseNames).filter { field in
            // Ours to keep out, whatever the platform's parser let through.
            field.1.fitsInField
        }.map { (name: $0.0, value: $0.1) }
    }

    private static func endToEnd(_ headers: HTTPHeaders, besides others: Set<String>) -> [(String, String)] {
        let named = Set(headers[canonicalForm: "connection"].map { $0.lowercased() })
        return headers.compactMap { name, value in
            let lowercased = name.lowercased()
            let isHop = self.names.contains(lowercased) || others.contains(lowercased) || named.contains(lowercased)
            return isHop ? nil : (name, value)
        }
    }
}
