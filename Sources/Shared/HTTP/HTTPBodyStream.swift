// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The body of a streamed response: its framing (RFC 9112, sections 6 and 7), its back-pressure, and its end. Confined
/// to the connection's event loop; one per response.
final class HTTPBodyStream {
    /// Why no more can be written.
    enum Failure: String, Error, Sendable {
        /// The peer has disconnected.
        case connectionLost = "connection_lost"
        /// The body is longer than its declared length.
        case tooLong = "too_long"
    }

    /// How the end of the body is signalled to the peer.
    enum Framing: Equatable {
        case length(Int)
        case chunked
        case untilClose
    }

    private let eventLoop: any EventLoop
    private let output: any HTTPBodyStreamOutput
    private let framing: Framing
    private var remaining: Int
    private var waiting: EventLoopPromise<Void>?
    private var isOver = false
    private var task: Task<Void, Never>?

    init(framing: Framing, output: any HTTPBodyStreamOutput, eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.output = output
        self.framing = framing
        self.remaining = if case .length(let length) = framing { length } else { 0 }
    }

    /// Starts the task that writes the body.
    func start(_ body: @escaping @Sendable (HTTPBodyWriter) async throws -> Void) {
        let writer = HTTPBodyWriter(self, eventLoop: self.eventLoop)
        self.task = Task {
            let isWhole: Bool
            do {
                try await body(writer)
                isWhole = true
            } catch {
                isWhole = false
            }
            writer.stream.eventLoop.execute { writer.stream.value.bodyEnded(isWhole: isWhole) }
        }
    }

    /// Writes a piece.
    func write(_ bytes: ByteBuffer) -> EventLoopFuture<Void> {
        guard !self.isOver else { return self.eventLoop.makeFailedFuture(Failure.connectionLost) }
        guard bytes.readableBytes > 0 else { return self.eventLoop.makeSucceededVoidFuture() }
        switch self.framing {
        case .untilClose:
            self.output.writeBody(bytes)
        case .length:
            guard bytes.readableBytes <= self.remaining else {
                return self.eventLoop.makeFailedFuture(Failure.tooLong)
            }
            self.remaining -= bytes.readableBytes
            self.output.writeBody(bytes)
        case .chunked:
            self.output.writeBody(ByteBuffer(string: "\(String(bytes.readableBytes, radix: 16))\r\n"))
            self.output.writeBody(bytes)
            self.output.writeBody(ByteBuffer(string: "\r\n"))
        }
        self.output.flushBody()
        guard !self.isOver, !self.output.takesMore else { return self.eventLoop.makeSucceededVoidFuture() }
        let promise = self.waiting ?? self.eventLoop.makePromise(of: Void.self)
        self.waiting = promise
        self.output.bodyPaused()
        return promise.futureResult
    }

    /// The connection has become writable.
    func becameWritable() {
        guard let waiting = self.waiting.take() else { return }
        self.output.bodyResumed()
        waiting.succeed()
    }

    /// The connection is gone.
    func connectionLost() {
        guard !self.isOver else { return }
        self.isOver = true
        self.task?.cancel()
        self.waiting.take()?.fail(Failure.connectionLost)
    }

    private func bodyEnded(isWhole: Bool) {
        guard !self.isOver else { return }
        self.isOver = true
        guard isWhole, self.remaining == 0 else { return self.output.bodyFailed() }
        if case .chunked = self.framing {
            self.output.writeBody(ByteBuffer(string: "0\r\n\r\n"))
        }
        self.output.bodyFinished()
    }
}

@available(*, unavailable)
extension HTTPBodyStream: Sendable {}

/// The connection that a body is written to. On its event loop.
protocol HTTPBodyStreamOutput: AnyObject {
    /// Whether a piece would be written now rather than queued.
    var takesMore: Bool { get }
    func writeBody(_ bytes: ByteBuffer)
    func flushBody()
    /// The peer does not read; its timeout starts.
    func bodyPaused()
    func bodyResumed()
    /// All of the body is written.
    func bodyFinished()
    /// The body cannot be finished.
    func bodyFailed()
}
