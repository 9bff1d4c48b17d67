// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore
internal import NIOHTTP1

/// Takes a connection's bytes and gives its requests, as long as they are plain. From the first one that is not, all
/// bytes are the full parser's.
///
/// Pure, and bounded: a header is at most `PlainHead.Limit.bytes`, a body the limit's. A request that comes alone shares the
/// memory of what came; one that others come with has its own, so that no event keeps theirs.
package struct PlainRequestReader {
    package enum Step {
        /// There is no whole request; `awaitsBody` where its header is there.
        case needMore(awaitsBody: Bool)
        case request(PlainRequest)
        /// What has come and was not read, for the full parser.
        case notPlain(ByteBuffer)
    }

    private let limits: HTTPLimits
    private var bytes = ByteBuffer()
    /// The header of the request under way, where it has come.
    private var head: PlainHead?
    /// Whether something has come that `next` has not looked at.
    private(set) var hasNews = false

    /// - Parameter limits: what exceeds them is not plain, so that the full parser's refusals are the only ones.
    package init(limits: HTTPLimits) {
        self.limits = limits
    }

    /// Whether part of a request has come.
    var isWithinRequest: Bool { self.bytes.readableBytes > 0 }

    /// Takes bytes.
    package mutating func append(_ bytes: ByteBuffer) {
        self.hasNews = true
        if self.bytes.readableBytes == 0 {
            self.bytes = bytes
        } else {
            // Requests that were taken go; otherwise a client whose packets end within its requests fills the memory.
            self.bytes.discardReadBytes()
            if let head {
                // The rest of the body comes in pieces that the header announced: room for all of it at once, but no more
                // than has a reason to be believed.
                self.bytes.reserveCapacity(
                    minimumWritableBytes: min(head.byteCount + head.contentLength - self.bytes.readableBytes, 65_536)
                )
            }
            self.bytes.writeImmutableBuffer(bytes)
        }
    }

    /// What has come next.
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
        // What is longer than a read may be a stream for its route.
        head.contentLength <= min(self.limits.body, HTTPLimits.bodyWindow)
            && head.marks.count <= self.limits.headerCount
            && head.byteCount <= min(self.limits.headerField, self.limits.headerList)
    }

    /// Gives up what has come and was not read.
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

    /// Takes a request's bytes out of what has come: as they are where they have the memory alone, else a copy.
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
