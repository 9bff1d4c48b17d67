// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1

/// Writes the header of an answer whose body follows piece by piece (RFC 9112, sections 4 to 6).
enum HTTPStreamHead {
    /// The header's bytes.
    ///
    /// - Parameters:
    ///   - close: whether the connection ends behind the answer.
    ///   - isHTTP10: the peer speaks HTTP/1.0, and has to be told that the connection stays.
    static func encode(
        _ response: HTTPStreamedResponse,
        framing: HTTPBodyStream.Framing,
        close: Bool,
        isHTTP10: Bool,
        date: String
    ) -> ByteBuffer {
        var head = "HTTP/1.1 \(response.status.code) \(response.status.reasonPhrase)\r\n"
        for (name, value) in response.headers {
            // Whatever route wrote it: an answer that a value could split in two must not leave the node.
            precondition(
                !value.utf8.contains { $0 == 0x0D || $0 == 0x0A || $0 == 0 },
                "the value of the header field \(name) contains a line break"
            )
            head += "\(name): \(value)\r\n"
        }
        if response.status.mayHaveResponseBody {
            switch framing {
            case .length(let length): head += "Content-Length: \(length)\r\n"
            case .chunked: head += "Transfer-Encoding: chunked\r\n"
            case .untilClose: break
            }
        }
        head += "Date: \(date)\r\n"
        if close {
            head += "Connection: close\r\n"
        } else if isHTTP10 {
            head += "Connection: keep-alive\r\n"
        }
        return ByteBuffer(string: head + "\r\n")
    }
}
