// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import NIOTLS
internal import Shared

/// One connection of a probe: waits for TLS, if used, sends a request, if any, and reports the result.
final class ProbeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// More of an answer is not read, in bytes.
    private static let bodyLimit = 64 << 10

    /// The server's certificate, set by the verification callback.
    var certificate: CertificateFacts?
    /// Whether that was not taken.
    var isUntrusted = false

    private let request: ProbeRequest?
    private let isTLS: Bool
    private let promise: EventLoopPromise<ProbeReport>
    private let start: NIODeadline
    private let startWall: Int64
    private let timeout: TimeAmount
    private var deadline: Scheduled<Void>?
    private var head: NIOHTTP1.HTTPResponseHead?
    private var body: [UInt8] = []
    private var isOver = false

    /// - Parameters:
    ///   - request: nil where a connection is all that is wanted; the answer then is nil, too.
    ///   - start: when the connection was begun.
    ///   - timeout: how long everything behind the connection may take.
    init(
        request: ProbeRequest?,
        isTLS: Bool,
        promise: EventLoopPromise<ProbeReport>,
        start: NIODeadline,
        timeout: TimeAmount
    ) {
        self.request = request
        self.isTLS = isTLS
        self.promise = promise
        self.start = start
        self.startWall = WallClock.now()
        self.timeout = timeout
    }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        self.deadline = context.eventLoop.assumeIsolated().scheduleTask(in: self.timeout) {
            self.fail(context, .noAnswer)
        }
        if !self.isTLS { self.begin(context) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { self.begin(context) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            // What follows is another protocol.
            if head.status == .switchingProtocols { self.finish(context) }
        case .body(let bytes):
            self.body += bytes.readableBytesView.prefix(Self.bodyLimit - self.body.count)
            if self.body.count >= Self.bodyLimit { self.finish(context) }
        case .end:
            self.finish(context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.fail(context, self.isUntrusted ? .untrusted : ProbeFailure(error))
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.fail(context, .closed)
        context.fireChannelInactive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard let request = self.request else {
            self.end(context, .success(self.report(context, nil)))
            return
        }
        context.write(self.wrapOutboundOut(.head(request.head)), promise: nil)
        if !request.body.isEmpty {
            context.write(self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: request.body)))), promise: nil)
        }
        context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
    }

    private func finish(_ context: ChannelHandlerContext) {
        guard let head = self.head else { return }
        let answer = ProbeAnswer(
            status: Int(head.status.code),
            headers: head.headers,
            body: self.body,
            time: .now() - self.start,
            // The system's clock may have been set back meanwhile.
            period: self.startWall...max(self.startWall, WallClock.now())
        )
        self.end(context, .success(self.report(context, answer)))
    }

    private func fail(_ context: ChannelHandlerContext, _ failure: ProbeFailure) {
        self.end(context, .failure(failure))
    }

    private func report(_ context: ChannelHandlerContext, _ answer: ProbeAnswer?) -> ProbeReport {
        let tls = try? context.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self)
        return ProbeReport(answer: answer, version: tls?.tlsVersion, certificate: self.certificate)
    }

    private func end(_ context: ChannelHandlerContext, _ result: Result<ProbeReport, any Error>) {
        guard !self.isOver else { return }
        self.isOver = true
        self.deadline?.cancel()
        self.promise.completeWith(result)
        context.close(promise: nil)
    }
}
