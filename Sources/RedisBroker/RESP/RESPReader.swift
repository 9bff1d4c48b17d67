// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import CHiredis
package import NIOCore

/// Makes replies from what a connection reads: hiredis decodes, `RESPScanner` keeps it within bounds.
///
/// Confined to its connection's event loop.
package final class RESPReader {
    /// hiredis looks at the end of what it has been fed again and again, so it is fed small pieces.
    private static let pieceBytes = 16 << 10
    /// How large a buffer hiredis keeps for the next reply; by default it frees and reallocates one over 16 KiB.
    private static let keptBytes = 256 << 10

    private let reader: UnsafeMutablePointer<redisReader>
    private var scanner: RESPScanner
    /// Whether hiredis has been fed since it last had no reply.
    private var hasInput = false
    private var violation: RESPViolation?

    /// - Parameter limits: what is taken at most.
    package init(limits: RESPLimits = RESPLimits()) {
        guard let reader = redisReaderCreate() else { preconditionFailure("out of memory") }
        reader.pointee.maxbuf = Self.keptBytes
        self.reader = reader
        self.scanner = RESPScanner(limits: limits)
    }

    deinit {
        redisReaderFree(self.reader)
    }

    /// The next whole reply, or nil when `input` is used up before there is one.
    ///
    /// - Parameter input: what was read, taken from its front as it is used.
    /// - Throws: `RESPViolation`, and the same again on every call that follows: the connection must be closed.
    package func next(from input: inout ByteBuffer) throws(RESPViolation) -> RESPValue? {
        if let violation { throw violation }
        do throws(RESPViolation) {
            while true {
                if let value = try self.reply() { return value }
                guard input.readableBytes > 0 else { return nil }
                try self.feed(&input)
            }
        } catch {
            self.violation = error
            throw error
        }
    }

    /// Feeds hiredis a piece that ends where a reply ends at the latest: it would move what is left down afterwards.
    private func feed(_ input: inout ByteBuffer) throws(RESPViolation) {
        let outcome = input.withUnsafeReadableBytes { bytes -> Result<Int, RESPViolation> in
            let piece = UnsafeRawBufferPointer(rebasing: bytes.prefix(Self.pieceBytes))
            do throws(RESPViolation) {
                let count = try self.scanner.scan(piece)
                let text = piece.baseAddress?.assumingMemoryBound(to: CChar.self)
                guard redisReaderFeed(self.reader, text, count) == REDIS_OK else { throw .outOfMemory }
                return .success(count)
            } catch {
                return .failure(error)
            }
        }
        input.moveReaderIndex(forwardBy: try outcome.get())
        self.hasInput = true
    }

    private func reply() throws(RESPViolation) -> RESPValue? {
        guard self.hasInput else { return nil }
        var reply: UnsafeMutableRawPointer?
        guard redisReaderGetReply(self.reader, &reply) == REDIS_OK else {
            throw self.reader.pointee.err == REDIS_ERR_OOM ? .outOfMemory : .malformed
        }
        guard let reply else {
            self.hasInput = false
            return nil
        }
        defer { freeReplyObject(reply) }
        return try RESPValue(UnsafePointer(reply.assumingMemoryBound(to: redisReply.self)))
    }
}

@available(*, unavailable)
extension RESPReader: Sendable {}
