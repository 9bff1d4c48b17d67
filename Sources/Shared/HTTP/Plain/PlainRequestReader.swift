// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore
internal import NIOHTTP1

/// Parses a connection's bytes into requests while they are plain. From the first one that is not, all bytes go to the
/// full parser.
///
/// Pure, and bounded: a header by `PlainHead.Limit.bytes`, a body by the limits. A request that arrives alone shares
/// the read buffer's memory; pipelined ones are copied, so that no event retains the memory of others.
package struct PlainRequestReader {
    package enum Step {
        /// No complete request yet; `awaitsBody` if its header is complete.
        case needMore(awaitsBody: Bool)
        case request(PlainRequest)
        /// The unparsed bytes, for the full parser.
        case notPlain(ByteBuffer)
    }

    private let limits: HTTPLimits
    private var bytes = ByteBuffer()
    /// The header of the current request, if complete.
    private var head: PlainHead?
    /// Whether there are bytes that `next` has not examined.
    private(set) var hasNews = false

    /// - Parameter limits: a request that exceeds them is not plain, so that only the full parser refuses requests.
    package init(limits: HTTPLimits) {
        self.limits = limits
    }

    /// Whether part of a request has arrived.
    var isWithinRequest: Bool { self.bytes.readableBytes > 0 }

    /// Appends bytes.
    package mutating func append(_ bytes: ByteBuffer) {
        self.hasNews = true
        if self.bytes.readableBytes == 0 {
            self.bytes = bytes
        } else {
            // Discards parsed requests; otherwise a client whose packets end in mid-request would grow the buffer
            // without bound.
            self.bytes.discardReadBytes()
            if let head {
                // Reserves room for the rest of the declared body at once, but no more than is plausible.
                self.bytes.reserveCapacity(
                    minimumWritableBytes: min(head.byteCount + head.contentLength - self.bytes.readableBytes, 65_536)
                )
            }
            self.bytes.writeImmutableBuffer(bytes)
        }
    }

    /// The next step.
    package mutating func next() -> Step {
        guard self.bytes.readableBytes > 0 else {
            self.hasNews = false
            return .needMore(awaitsBody: false)
        }
        let head: PlainHead
        if let known = self.head {
            head = known
        } else {
            switch self.bytes.withUnsafeReadableBytes({ PlainHead.read($0) }) {
            case .incomplete:
                self.hasNews = false
                return .needMore(awaitsBody: false)
            case .complete(let read) where self.isWithinLimits(read):
                head = read
            case .complete, .notPlain:
                return .notPlain(self.takeRest())
            }
        }
        let length = head.byteCount + head.contentLength
        guard self.bytes.readableBytes >= length else {
            self.head = head
            self.hasNews = false
            return .needMore(awaitsBody: true)
        }
        self.head = nil
        return .request(self.takeRequest(head))
    }

    private func isWithinLimits(_ head: PlainHead) -> Bool {
        // A body longer than one read may be streamed by its route.
        head.contentLength <= min(self.limits.body, HTTPLimits.bodyWindow)
            && head.marks.count <= self.limits.headerCount
            && head.byteCount <= min(self.limits.headerField, self.limits.headerList)
    }

    /// Takes the unparsed bytes.
    mutating func takeRest() -> ByteBuffer {
        defer {
            self.bytes = ByteBuffer()
            self.head = nil
            self.hasNews = false
        }
        return self.bytes
    }

    private mutating func takeRequest(_ head: PlainHead) -> PlainRequest {
        let length = head.byteCount + head.contentLength
        let bytes = self.takeBytes(length)
        let start = bytes.readerIndex
        func slice(_ range: Range<Int>) -> ByteBuffer {
            guard let slice = bytes.getSlice(at: start + range.lowerBound, length: range.count) else {
                preconditionFailure("the request is there")
            }
            return slice
        }
        return PlainRequest(
            method: head.method == .post ? .POST : .GET,
            target: String(buffer: slice(head.target)),
            fields: FieldLines(bytes: slice(head.fieldLines), marks: head.marks),
            body: slice(head.byteCount..<head.byteCount + head.contentLength),
            isHandshake: head.isHandshake
        )
    }

    /// Takes a request's bytes: without copying if they are alone in the buffer's memory.
    private mutating func takeBytes(_ length: Int) -> ByteBuffer {
        if length == self.bytes.readableBytes, self.bytes.readerIndex == 0 {
            defer { self.bytes = ByteBuffer() }
            self.hasNews = false
            return self.bytes
        }
        let copy = ByteBuffer(bytes: self.bytes.readableBytesView.prefix(length))
        self.bytes.moveReaderIndex(forwardBy: length)
        if self.bytes.readableBytes == 0 {
            self.bytes = ByteBuffer()
            self.hasNews = false
        }
        return copy
    }
}
