// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Why a connection ended. Counted by its raw value.
enum ConnectionEnd: String, Error {
    /// Orderly: the server had announced it, or nothing was in flight.
    case byServer = "closed"
    case reset
    case malformed
    case refused
}

/// A keep-alive HTTP connection that posts events: the only handler of its channel. Confined to its event loop.
final class HTTPLoadConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Which of the loop's connections it is.
    let slot: Int
    /// Which webhook it posts to.
    let webhook: Int
    /// Whether the loop has noted it as able to send.
    var isListed = false
    /// The events in flight, in the order in which they were sent.
    private(set) var inFlight = CircularBuffer<Int>()

    private let loop: LoadLoop
    private var context: ChannelHandlerContext?
    private var reader = HTTPResponseReader()
    private var output = ByteBuffer()
    private var isReading = false
    /// The server has announced the end of the connection, or it has ended.
    private var isEnding = false
    private var end: ConnectionEnd?

    init(slot: Int, webhook: Int, loop: LoadLoop) {
        self.slot = slot
        self.webhook = webhook
        self.loop = loop
    }

    /// Whether the connection stands.
    var isConnected: Bool { self.context != nil && !self.isEnding }

    /// Whether it can send another event.
    var hasRoom: Bool {
        !self.isEnding && self.inFlight.count < self.loop.plan.configuration.pipeline
    }

    /// Sends an event; it goes out with the next flush.
    func send(_ event: Int) {
        self.inFlight.append(event)
        self.loop.plan.supply.writeRequest(event, webhook: self.webhook, to: &self.output)
    }

    /// Flushes, unless the current read will do so.
    func flush() {
        guard !self.isReading, let context = self.context, self.output.readableBytes > 0 else { return }
        context.writeAndFlush(self.wrapOutboundOut(self.output), promise: nil)
        self.output.clear()
    }

    /// Closes the connection at once, and leaves the events in flight to the caller.
    func abandon() -> Int {
        let count = self.inFlight.count
        self.inFlight.removeAll()
        self.isEnding = true
        self.context?.close(promise: nil)
        return count
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.isReading = true
        let now = NIODeadline.now()
        let bytes = self.unwrapInboundIn(data)
        do {
            try bytes.withUnsafeReadableBytes { bytes throws(HTTPResponseReader.Violation) in
                try self.reader.receive(bytes) { self.receive($0, now: now) }
            }
        } catch {
            self.finish(.malformed)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.isReading = false
        self.flush()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.finish(.reset)
    }

    func channelInactive(context: ChannelHandlerContext) {
        // A connection that is ended from here, as a read may do, has no more to say.
        if !self.isEnding, let response = self.reader.end() { self.receive(response, now: .now()) }
        self.isEnding = true
        self.loop.disconnected(self, end: self.end ?? (self.inFlight.isEmpty ? .byServer : .reset))
    }

    private func receive(_ response: HTTPResponseReader.Response, now: NIODeadline) {
        // Input after the response that ends the connection is ignored: its other requests are abandoned already.
        guard !self.isEnding else { return }
        // More answers than requests.
        guard let event = self.inFlight.popFirst() else { return self.finish(.malformed) }
        if response.closes { self.isEnding = true }
        self.loop.answered(event, status: response.status, now: now)
        if response.closes {
            self.context?.close(promise: nil)
        } else {
            self.loop.hasRoom(self, now: now)
        }
    }

    private func finish(_ end: ConnectionEnd) {
        if self.end == nil { self.end = end }
        self.isEnding = true
        self.context?.close(promise: nil)
    }
}
