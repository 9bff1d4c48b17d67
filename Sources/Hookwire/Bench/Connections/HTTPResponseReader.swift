// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Finds the responses in a connection's bytes, split anywhere: status, and where the body ends.
///
/// A server sends nearly the same head each time. The last one is kept, and a head that is equal to it byte for byte is
/// not read again.
struct HTTPResponseReader {
    /// A response that has come whole.
    struct Response: Equatable {
        let status: Int
        /// Whether the server ends the connection after it.
        let closes: Bool
    }

    /// Why the bytes are no responses.
    enum Violation: String, Error {
        case malformedHead = "malformed_head"
        case headTooLong = "head_too_long"
        case malformedChunk = "malformed_chunk"
    }

    private enum State {
        case head
        case body(Int)
        case untilClose
        case chunkSize
        /// The rest of a chunk, with the line break behind it.
        case chunk(Int)
        case trailers
    }

    private static let lineLimit = 1 << 10

    private var state = State.head
    private var headBytes = HTTPResponseHeadBytes()
    /// A line that has not come whole.
    private var pending: [UInt8] = []
    private var current: HTTPResponseHead?
    private var knownBytes: [UInt8] = []
    private var knownHead: HTTPResponseHead?

    /// Reads on.
    ///
    /// - Parameter respond: called for each response that is complete.
    mutating func receive(
        _ bytes: UnsafeRawBufferPointer,
        _ respond: (Response) -> Void
    ) throws(Violation) {
        var offset = 0
        while offset < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
            switch self.state {
            case .head:
                offset += try self.readHead(rest, respond)
            case .body(let length):
                let count = min(length, rest.count)
                offset += count
                self.state = .body(length - count)
                if count == length { self.finish(respond) }
            case .untilClose:
                offset = bytes.count
            case .chunk(let length):
                let count = min(length, rest.count)
                offset += count
                self.state = count == length ? .chunkSize : .chunk(length - count)
            case .chunkSize, .trailers:
                offset += 1
                try self.readLine(rest[0], respond)
            }
        }
    }

    /// The server ended the connection: the end of a body that nothing else delimits.
    mutating func end() -> Response? {
        guard case .untilClose = self.state, let current = self.current else { return nil }
        self.state = .head
        self.current = nil
        return Response(status: current.status, closes: true)
    }

    private mutating func readHead(
        _ bytes: UnsafeRawBufferPointer,
        _ respond: (Response) -> Void
    ) throws(Violation) -> Int {
        if self.headBytes.isEmpty, let head = self.knownHead, self.isKnown(bytes) {
            self.begin(head, respond)
            return self.knownBytes.count
        }
        switch self.headBytes.receive(bytes) {
        case .incomplete:
            return bytes.count
        case .tooLong:
            throw .headTooLong
        case .whole(let headBytes, let taken):
            guard let head = HTTPResponseHead(headBytes) else { throw .malformedHead }
            self.knownBytes = headBytes
            self.knownHead = head
            self.begin(head, respond)
            return taken
        }
    }

    private func isKnown(_ bytes: UnsafeRawBufferPointer) -> Bool {
        self.knownBytes.withUnsafeBytes { known in
            guard bytes.count >= known.count, let left = bytes.baseAddress, let right = known.baseAddress else {
                return false
            }
            return memcmp(left, right, known.count) == 0
        }
    }

    private mutating func begin(_ head: HTTPResponseHead, _ respond: (Response) -> Void) {
        // An interim response, 100 (Continue) for instance: the final one follows.
        guard head.status >= 200 else { return }
        self.current = head
        switch head.framing {
        case .length(0): self.finish(respond)
        case .length(let length): self.state = .body(length)
        case .chunked: self.state = .chunkSize
        case .untilClose: self.state = .untilClose
        }
    }

    private mutating func readLine(_ byte: UInt8, _ respond: (Response) -> Void) throws(Violation) {
        guard byte == UInt8(ascii: "\n") else {
            guard self.pending.count < Self.lineLimit else { throw .malformedChunk }
            self.pending.append(byte)
            return
        }
        if self.pending.last == UInt8(ascii: "\r") { self.pending.removeLast() }
        defer { self.pending.removeAll(keepingCapacity: true) }
        if case .trailers = self.state {
            if self.pending.isEmpty { self.finish(respond) }
            return
        }
        let digits = self.pending.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
        guard digits.count <= 8, let size = Int(String(decoding: digits, as: UTF8.self), radix: 16), size >= 0 else {
            throw .malformedChunk
        }
        self.state = size == 0 ? .trailers : .chunk(size + 2)
    }

    private mutating func finish(_ respond: (Response) -> Void) {
        guard let current = self.current else { preconditionFailure("no response was begun") }
        self.current = nil
        self.state = .head
        respond(Response(status: current.status, closes: current.closes))
    }
}
