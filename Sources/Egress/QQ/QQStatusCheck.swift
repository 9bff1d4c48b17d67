// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1

/// Stands before async-http-client on each of its connections, and ends those whose answer has a status that is none.
///
/// The client takes every status below 200 for one that goes before the answer, but the decoder takes only 100 to 199 for
/// such and gives a body behind the others: at a body without a header the client stops the whole process (1.37,
/// `HTTPRequestStateMachine.receivedHTTPResponseBodyPart`). And nobody asks the platform for another protocol, so 101 must
/// not reach a client that would believe it.
final class QQStatusCheck: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart

    /// The platform's answer has a status that is none.
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

    /// Puts a check behind the decoder of a connection that the client has just laid out. Any thread.
    static func add(to channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.submit {
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPResponseDecoder>.self)
            try pipeline.addHandler(QQStatusCheck(), position: .after(decoder))
        }
    }
}
