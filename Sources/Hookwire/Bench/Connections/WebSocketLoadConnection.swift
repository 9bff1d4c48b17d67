// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// A bot's socket that checks what it receives: the only handler of its channel. Confined to its event loop.
final class WebSocketLoadConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// The answer to the handshake, as far as it has come.
        case opening(HandshakeAnswer)
        case open
        case ended
    }

    /// Whose events it receives.
    let secret: Int
    /// What it has received.
    var ledger = SocketLedger()

    private let loop: LoadLoop
    private let request: ByteBuffer
    private var state = State.opening(HandshakeAnswer())
    private var frames = ServerFrameReader()
    private var context: ChannelHandlerContext?
    /// The answer to the last ping. A server that pings and does not read gets one for all of its pings (RFC 6455, section
    /// 5.5.3).
    private var owedPong: ByteBuffer?
    /// Why it ended, if it is known before it has.
    private var end: String?

    init(secret: Int, request: ByteBuffer, loop: LoadLoop) {
        self.secret = secret
        self.request = request
        self.loop = loop
    }

    /// Ends the connection in good order.
    func close() {
        guard let context = self.context else { return }
        self.state = .ended
        context.writeAndFlush(self.wrapOutboundOut(MaskedFrame.close(code: 1000)), promise: nil)
        context.close(promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(self.wrapOutboundOut(self.request), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let now = NIODeadline.now()
        self.unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
            var rest = bytes
            if case .opening = self.state { rest = self.readHandshake(bytes) }
            guard case .open = self.state else { return }
            do throws(ServerFrameReader.Violation) {
                try self.frames.receive(rest) { kind, payload in self.receive(kind, payload, now: now) }
            } catch {
                self.finish(error.rawValue)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.finish("reset")
    }

    func channelInactive(context: ChannelHandlerContext) {
        switch self.state {
        case .opening: self.loop.socketFailed(reason: self.end ?? "handshake_cut_off")
        case .open: self.loop.socketLost(reason: self.end ?? "cut_off")
        case .ended: break
        }
        self.state = .ended
    }

    /// - Returns: what follows the handshake's answer.
    private func readHandshake(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        guard case .opening(var answer) = self.state else { return bytes }
        self.state = .opening(HandshakeAnswer())
        let progress = answer.receive(bytes)
        self.state = .opening(answer)
        switch progress {
        case .incomplete:
            return nothing
        case .malformed:
            self.finish("handshake_malformed")
            return nothing
        case .whole(let response, let rest):
            guard self.loop.plan.handshake.isAccepted(response) else {
                let status = StatusHint.handshakeStatus + "\(response.status)"
                self.finish(response.status == 101 ? "handshake_wrong_accept" : status)
                return nothing
            }
            self.state = .open
            self.loop.socketOpened(self)
            return rest
        }
    }

    private func receive(_ kind: ServerFrameReader.Kind, _ payload: UnsafeRawBufferPointer, now: NIODeadline) {
        switch kind {
        case .text, .binary:
            self.loop.received(payload, by: self, now: now)
        case .ping:
            self.loop.pinged()
            self.owedPong = MaskedFrame.make(.pong, payload)
            self.sendOwedPong()
        case .pong:
            break
        case .close:
            let code = payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : 1005
            let answer = MaskedFrame.make(.close, payload.prefix(2))
            self.context?.writeAndFlush(self.wrapOutboundOut(answer), promise: nil)
            self.finish("close_\(code)")
        }
    }

    private func sendOwedPong() {
        guard let context, context.channel.isWritable, case .open = self.state, let pong = self.owedPong.take() else {
            return
        }
        context.writeAndFlush(self.wrapOutboundOut(pong), promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.sendOwedPong()
    }

    private func finish(_ reason: String) {
        if self.end == nil { self.end = reason }
        self.context?.close(promise: nil)
    }
}
