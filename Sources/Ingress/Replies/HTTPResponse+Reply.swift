// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

extension HTTPResponse {
    /// The fields that frame a message or belong to one connection (RFC 9110, section 7.6.1): the server's own to write.
    private static let connectionFields: Set<String> = [
        "connection", "content-length", "date", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding",
        "upgrade",
    ]

    /// The response that a bot has written itself.
    ///
    /// - Returns: nil where it is not what HTTP allows: another message could begin in it.
    init?(_ reply: Reply.Response) {
        guard (200...599).contains(reply.status) else { return nil }
        var headers: [(name: String, value: String)] = []
        for field in reply.headers {
            guard field.name.isFieldName, field.value.fitsInField else { return nil }
            guard !Self.connectionFields.contains(field.name.lowercased()) else { continue }
            headers.append((field.name, field.value))
        }
        self.init(status: HTTPResponseStatus(statusCode: reply.status), headers: headers, body: reply.body)
    }
}

extension String {
    /// Whether this can be a header field's name: a token (RFC 9110, section 5.6.2).
    var isFieldName: Bool {
        !self.isEmpty
            && self.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}
