// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore

@testable import Egress

/// Feeds a parser the same bytes split in different ways.
enum WebSocketDripFeed {
    typealias Output = WebSocketFrameParser.Output

    /// What a new parser makes of these pieces, but for fragments. Each piece is a slice of a larger buffer, as a receive buffer is.
    static func outputs(
        of pieces: [ArraySlice<UInt8>],
        parser: WebSocketFrameParser = WebSocketFrameParser()
    ) -> [Output] {
        var parser = parser
        var outputs: [Output] = []
        for piece in pieces {
            var buffer = ByteBuffer(string: "BEFORE")
            buffer.writeBytes(piece)
            buffer.writeString("AFTER")
            buffer.moveReaderIndex(forwardBy: 6)
            buffer.moveWriterIndex(to: buffer.readerIndex + piece.count)
            while let output = parser.next(from: &buffer) {
                if output != .fragment { outputs.append(output) }
            }
            precondition(buffer.readableBytes == 0, "the parser must take every byte")
        }
        return outputs
    }

    /// What a parser makes of the bytes in one piece, in pieces of one byte, and in two pieces split at every place.
    static func everyWay(
        _ bytes: [UInt8],
        parser: WebSocketFrameParser = WebSocketFrameParser()
    ) -> [(way: String, outputs: [Output])] {
        var ways = [
            ("whole", self.outputs(of: [bytes[...]], parser: parser)),
            ("byte by byte", self.outputs(of: bytes.indices.map { bytes[$0...$0] }, parser: parser)),
        ]
        for index in bytes.indices.dropFirst() {
            ways.append(("split at \(index)", self.outputs(of: [bytes[..<index], bytes[index...]], parser: parser)))
        }
        return ways
    }
}
