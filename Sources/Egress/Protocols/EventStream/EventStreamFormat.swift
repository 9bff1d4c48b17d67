// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// The text of Server-Sent Events (HTML Living Standard, section 9.2).
enum EventStreamFormat {
    /// How long a client waits before it connects again, in milliseconds.
    static let retryMilliseconds = 2_000

    /// A keep-alive comment, invisible to programs.
    static let comment = ByteBuffer(string: ":\n\n")

    /// A position without an event: the client stores the id, and dispatches nothing (section 9.2.6).
    static func place(_ position: Position) -> ByteBuffer {
        ByteBuffer(string: "id: \(position)\n\n")
    }

    /// The end of a stream: when the client should reconnect, in milliseconds.
    static func ending(retry milliseconds: Int) -> ByteBuffer {
        ByteBuffer(string: "retry: \(milliseconds)\n\n")
    }

    /// The start of a stream: a client disconnected before the first event still knows its position.
    ///
    /// - Parameter position: the client's position, if it has nothing to catch up with; the client sends it on
    ///   reconnect.
    static func opening(at position: Position?) -> ByteBuffer {
        ByteBuffer(string: "retry: \(self.retryMilliseconds)\n" + (position.map { "id: \($0)\n" } ?? "") + "\n")
    }

    /// Tells whether the stream resumes from the client's position.
    ///
    /// - Parameter head: the log's head.
    static func recovery(_ recovery: Recovery, head: Position, id: String) -> ByteBuffer {
        var block = ByteBuffer(string: "id: \(recovery.position)\nevent: recovery\ndata: ")
        block.writeBytes(RelayFrame.recovery(recovery, head: head, id: id))
        block.writeStaticString("\n\n")
        return block
    }

    /// Events, each with its position as id. They are of the type `message`, which a browser's `onmessage` gets.
    static func blocks(_ envelopes: ArraySlice<Envelope>) -> ByteBuffer {
        var blocks = ByteBuffer()
        blocks.reserveCapacity(envelopes.reduce(0) { $0 + $1.length + 80 })
        for envelope in envelopes {
            blocks.writeString("id: \(envelope.position)\ndata: ")
            let start = blocks.writerIndex
            envelope.write(into: &blocks)
            self.foldLines(of: &blocks, from: start)
            blocks.writeStaticString("\n\n")
        }
        return blocks
    }

    /// A line break, which JSON may have between its values, would end the data: each line gets a field of its own.
    private static func foldLines(of blocks: inout ByteBuffer, from start: Int) {
        let view = blocks.viewBytes(at: start, length: blocks.writerIndex - start)
        guard let view, view.contains(where: { $0 == 0x0A || $0 == 0x0D }) else { return }
        let text = Array(view)
        blocks.moveWriterIndex(to: start)
        for byte in text {
            if byte == 0x0A || byte == 0x0D {
                blocks.writeStaticString("\ndata: ")
            } else {
                blocks.writeInteger(byte)
            }
        }
    }
}
