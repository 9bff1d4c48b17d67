// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1

/// Precedes async-http-client on each of its connections, and closes those whose response has an invalid status.
///
/// The client treats every status below 200 as informational, but the decoder only 100 to 199, and emits a body after
/// the others: on a body without a head the client traps (1.37,
/// `HTTPRequestStateMachine.receivedHTTPResponseBodyPart`). And no upgrade is ever requested, so 101 must not reach a
/// client that would honour it.
final class QQStatusCheck: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart

    /// The platform's response has an invalid status.
    struct BadStatus: Error {}

    private var hasFailed = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.hasFailed else { return }
        if case .head(let head) = self.unwrapInboundIn(data), !Self.isAnswer(head.status) {
            self.hasFailed = true
            context.fireErrorCaught(BadStatus())
            context.close(promise: nil)
            return
        }
        context.fireChannelRead(data)
    }

    private static func isAnswer(_ status: HTTPResponseStatus) -> Bool {
        (100..<1_000).contains(status.code) && status != .switchingProtocols
    }

    /// Adds a check after the decoder of a connection that the client has just set up. Any thread.
    static func add(to channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.submit {
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPResponseDecoder>.self)
            try pipeline.addHandler(QQStatusCheck(), position: .after(decoder))
        }
    }
}
