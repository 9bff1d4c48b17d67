// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A server's answer to a handshake, found in bytes that are split anywhere, behind the interim answers that proxies send
/// (RFC 9110, section 15.2).
struct HandshakeAnswer {
    /// How far it is.
    enum Progress {
        /// All bytes belong to it, and more have to come.
        case incomplete
        /// It is no server's.
        case malformed
        /// The answer's head, and the bytes behind it.
        case whole(HTTPResponseHead, rest: UnsafeRawBufferPointer)
    }

    private var head = HTTPResponseHeadBytes()

    /// Takes the next bytes, until there is an answer.
    mutating func receive(_ bytes: UnsafeRawBufferPointer) -> Progress {
        var rest = bytes
        while true {
            switch self.head.receive(rest) {
            case .incomplete:
                return .incomplete
            case .tooLong:
                return .malformed
            case .whole(let head, let taken):
                guard let response = HTTPResponseHead(head) else { return .malformed }
                rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
                if !response.isInterim { return .whole(response, rest: rest) }
            }
        }
    }
}
