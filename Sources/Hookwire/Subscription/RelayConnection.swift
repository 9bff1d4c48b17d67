// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOSSL
internal import Shared

/// The delegate of a connection to the relay. All calls come on its event loop.
protocol RelayConnectionOwner: AnyObject {
    /// The relay speaks envelopes now.
    func opened(_ connection: RelayConnection)

    /// The relay answered the handshake with something else; the last call.
    func refused(_ connection: RelayConnection, _ refusal: HandshakeRefusal)

    /// Bytes came, whatever they are.
    func heard(_ connection: RelayConnection)

    /// A text message came.
    func received(_ frame: ByteBuffer, on connection: RelayConnection)

    /// The connection is gone; the last call.
    func ended(_ connection: RelayConnection, code: Int?, text: String)
}

/// One WebSocket to the relay, from the handshake on: the last handler of one channel, added once that is connected. It
/// reads only while it may, so that the relay waits for a client that does not get on. Bound to its event loop.
final class RelayConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// The answer to the handshake, as far as it has come.
        case opening(HandshakeAnswer)
        /// The body of an answer that is a refusal.
        case refusing(HTTPResponseHead, [UInt8])
        case open
        /// We have sent a close frame, and wait for the relay's.
        case closing
        case ended
    }

    /// A relay takes bodies of up to 64 MiB, which are larger in an envelope.
    private static let messageLimit = 128 << 20
    /// More of a refusal is not read, in bytes.
    private static let bodyLimit = 64 << 10
    /// How long the relay has to answer a goodbye. Until it does, what was sent before may not have been read.
    private static let goodbye = TimeAmount.seconds(1)
    private static let broken = "the connection broke"
    /// A port that wants TLS ends plain HTTP without a word.
    private static let unanswered =
        "it closed the connection without an answer; check whether the address begins with http:// or https://"

    private let request: ByteBuffer
    private let accept: String
    private var owner: (any RelayConnectionOwner)?
    private var state = State.opening(HandshakeAnswer())
    private var frames = ServerFrameReader(messageLimit: RelayConnection.messageLimit)
    private var context: ChannelHandlerContext?
    /// The answer to the last ping. A relay that pings and does not read gets one for all of its pings (RFC 6455, section
    /// 5.5.3).
    private var owedPong: ByteBuffer?
    private var close: (code: Int?, text: String) = (nil, RelayConnection.broken)
    /// Whether anything came.
    private var hasHeard = false

    /// Whether reading is paused.
    var isPaused = false {
        didSet { if oldValue, !self.isPaused { self.context?.read() } }
    }

    /// - Parameters:
    ///   - request: the opening handshake.
    ///   - accept: what the relay has to answer to its key.
    init(request: String, accept: String, owner: any RelayConnectionOwner) {
        self.request = ByteBuffer(string: request)
        self.accept = accept
        self.owner = owner
    }

    /// Sends a text message, if the connection is open.
    ///
    /// - Returns: whether it was handed to the connection.
    @discardableResult
    func send(_ text: [UInt8]) -> Bool {
        guard case .open = self.state, self.context != nil else { return false }
        self.write(MaskedFrame.make(.text, text))
        return true
    }

    /// Ends the connection in good order; the owner hears no more of it.
    ///
    /// - Returns: a future that succeeds when the relay has read what was sent, or after a time-out.
    func finish() -> EventLoopFuture<Void>? {
        self.owner = nil
        guard case .open = self.state, let context = self.context else {
            self.drop()
            return nil
        }
        self.state = .closing
        self.isPaused = false
        self.write(MaskedFrame.close(code: 1000))
        let channel = context.channel
        context.eventLoop.scheduleTask(in: Self.goodbye) { Self.cut(channel) }
        return channel.closeFuture
    }

    /// Ends a connection that the relay does not: TLS has its own goodbye, for whose answer it would wait once more.
    private static func cut(_ channel: any Channel) {
        let tls = try? channel.pipeline.syncOperations.context(handlerType: NIOSSLClientHandler.self)
        // Behind the handler that would wait.
        guard let tls else { return channel.close(promise: nil) }
        tls.close(promise: nil)
    }

    /// Ends the connection as it is; the owner hears no more of it.
    func drop() {
        self.owner = nil
        self.state = .ended
        self.context?.close(promise: nil)
    }

    private func sendOwedPong() {
        guard let context, context.channel.isWritable, case .open = self.state, let pong = self.owedPong.take() else {
            return
        }
        self.write(pong)
    }

    private func write(_ frame: ByteBuffer) {
        self.context?.writeAndFlush(self.wrapOutboundOut(frame), promise: nil)
    }

    // MARK: The channel

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.sendOwedPong()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        precondition(self.context == nil, "Cannot be in two channels")
        self.context = context
        // Given up while it was being made.
        guard self.owner != nil else { return context.close(promise: nil) }
        self.write(self.request)
        context.read()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        // A channel that breaks before it has said that it is active does not say that it is not.
        self.end()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.hasHeard = true
        self.owner?.heard(self)
        self.unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
            var rest = bytes
            if case .opening = self.state { rest = self.readHandshake(bytes) }
            if case .refusing = self.state { return self.readRefusal(rest) }
            guard self.readsFrames else { return }
            do throws(ServerFrameReader.Violation) {
                try self.frames.receive(rest) { kind, payload in self.receive(kind, payload) }
            } catch {
                self.fail("the relay broke the protocol: \(error.rawValue)")
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if !self.isPaused { context.read() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.fail(ConnectFailure.text(error))
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.end()
    }

    /// Tells the owner that there is nothing more to come, if it does not know.
    private func end() {
        if case .refusing(let head, let bytes) = self.state { self.refuse(head, Self.content(of: head, bytes).body) }
        if case .opening = self.state, !self.hasHeard, self.close.text == Self.broken {
            self.close.text = Self.unanswered
        }
        self.state = .ended
        let owner = self.owner
        self.owner = nil
        owner?.ended(self, code: self.close.code, text: self.close.text)
    }

    private var readsFrames: Bool {
        switch self.state {
        case .open, .closing: true
        case .opening, .refusing, .ended: false
        }
    }

    private func fail(_ text: String) {
        self.close.text = text
        self.context?.close(promise: nil)
    }

    // MARK: The handshake

    /// - Returns: what follows the head.
    private func readHandshake(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard case .opening(var answer) = self.state else { return bytes }
        let progress = answer.receive(bytes)
        self.state = .opening(answer)
        switch progress {
        case .incomplete: return UnsafeRawBufferPointer(start: nil, count: 0)
        case .malformed: return self.refuseForeign()
        case .whole(let response, let rest): return self.take(response) ? rest : self.refuseForeign()
        }
    }

    /// - Returns: nothing that could be read any further.
    private func refuseForeign() -> UnsafeRawBufferPointer {
        self.state = .ended
        let owner = self.owner
        self.drop()
        owner?.refused(self, .foreign)
        return UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// - Returns: whether a relay may answer so.
    private func take(_ response: HTTPResponseHead) -> Bool {
        if response.status != 101 {
            self.state = .refusing(response, [])
        } else if response.field("sec-websocket-accept") == self.accept,
            response.field("sec-websocket-protocol") == "cloudevents.json"
        {
            self.state = .open
            self.owner?.opened(self)
        } else {
            return false
        }
        return true
    }

    private func readRefusal(_ bytes: UnsafeRawBufferPointer) {
        guard case .refusing(let head, var body) = self.state else { return }
        body.append(contentsOf: bytes.prefix(Self.bodyLimit - body.count))
        self.state = .refusing(head, body)
        let content = Self.content(of: head, body)
        if content.isWhole || body.count >= Self.bodyLimit { self.refuse(head, content.body) }
    }

    /// What the bytes behind a head hold, and whether that is all.
    private static func content(of head: HTTPResponseHead, _ bytes: [UInt8]) -> (body: [UInt8], isWhole: Bool) {
        switch head.framing {
        case .length(let length): (bytes, bytes.count >= length)
        case .chunked: ChunkedBody.read(bytes)
        case .untilClose: (bytes, false)
        }
    }

    private func refuse(_ head: HTTPResponseHead, _ body: [UInt8]) {
        self.state = .ended
        let refusal = HandshakeRefusal(
            status: head.status,
            detail: ProblemText.line(
                ByteBuffer(bytes: body),
                status: head.status,
                location: head.field("location")
            ),
            reason: ProblemText.relaysReason(body),
            retryAfter: head.field("retry-after").flatMap { Self.pause($0) }
        )
        let owner = self.owner
        self.drop()
        owner?.refused(self, refusal)
    }

    /// What `Retry-After` says in seconds; nil for a date, and for a time that has passed.
    private static func pause(_ text: String) -> TimeAmount? {
        guard let seconds = Int64(text), seconds >= 0 else { return nil }
        return .seconds(min(seconds, 3_600))
    }

    // MARK: Messages

    private func receive(_ kind: ServerFrameReader.Kind, _ payload: UnsafeRawBufferPointer) {
        switch kind {
        case .text, .binary:
            self.owner?.received(ByteBuffer(bytes: payload), on: self)
        case .ping:
            self.owedPong = MaskedFrame.make(.pong, payload)
            self.sendOwedPong()
        case .pong:
            break
        case .close:
            guard case .open = self.state else {
                self.context?.close(promise: nil)
                return
            }
            let code = payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil
            self.close = (code, String(decoding: payload.dropFirst(2), as: UTF8.self))
            self.write(code.map { MaskedFrame.close(code: $0) } ?? MaskedFrame.make(.close, []))
            self.state = .ended
            self.context?.close(promise: nil)
        }
    }
}

@available(*, unavailable)
extension RelayConnection: Sendable {}
