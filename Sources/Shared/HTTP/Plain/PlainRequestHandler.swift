// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1

/// Stands first on a connection and hands its bytes to `HTTPConnectionHandler`, which reads plain requests by itself.
/// With the first request that is not plain it puts the full parser into its place; where a route changes the protocol it
/// goes too. On the channel's event loop.
final class PlainRequestHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: HTTPConnectionHandler
    private let limits: HTTPLimits
    private var context: ChannelHandlerContext?
    /// The full parser stands behind this handler, which goes as soon as it has handed on what it is handing on.
    private var hasLeft = false

    init(connection: HTTPConnectionHandler, limits: HTTPLimits) {
        self.connection = connection
        self.limits = limits
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.connection.plainSource = self
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        self.connection.plainSource = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if self.hasLeft {
            context.fireChannelRead(data)
        } else {
            self.connection.plainBytesReceived(self.unwrapInboundIn(data))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        self.goIfLeft(context: context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A request that ends in its middle is an error that the parser knows the name of.
        if let event = event as? ChannelEvent, event == .inputClosed {
            self.connection.plainInputEnds()
        }
        context.fireUserInboundEventTriggered(event)
        self.goIfLeft(context: context)
    }

    private func goIfLeft(context: ChannelHandlerContext) {
        // What was fired may have closed the connection, and then there is nothing to leave.
        guard self.hasLeft, self.context != nil else { return }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    /// Leaves the connection to another protocol, whose handlers stand behind this one, from these bytes on.
    func leave(toProtocolWith bytes: ByteBuffer) {
        guard let context, !self.hasLeft else { return }
        self.hasLeft = true
        if bytes.readableBytes > 0 {
            context.fireChannelRead(self.wrapInboundOut(bytes))
            context.fireChannelReadComplete()
        }
        self.goIfLeft(context: context)
    }

    /// Leaves the connection to the full parser, from these bytes on.
    ///
    /// - Parameter inputEnds: whether they are the last: the end has come by here before the parser was there to see it.
    func leave(toParserWith bytes: ByteBuffer, inputEnds: Bool) {
        guard let context, !self.hasLeft else { return }
        let pipeline = context.pipeline.syncOperations
        do {
            try pipeline.addHandler(ByteToMessageHandler(parsing: self.limits), position: .after(self))
        } catch {
            // Only a connection that is gone takes no handler.
            context.close(promise: nil)
            return
        }
        self.hasLeft = true
        self.connection.plainSource = nil
        context.fireChannelRead(self.wrapInboundOut(bytes))
        if inputEnds { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
    }
}

extension ByteToMessageHandler<HTTPRequestDecoder> {
    /// What a read brings at once, in bytes, at most.
    private static var readSize: Int { 128 << 10 }

    /// The full parser. Behind a request that asks for another protocol it reads nothing any more, and keeps what comes for
    /// that protocol: as much as a request's header, and what one read brings.
    convenience init(parsing limits: HTTPLimits) {
        self.init(
            HTTPRequestDecoder(
                leftOverBytesStrategy: .forwardBytes,
                limitConfiguration: NIOHTTPDecoderLimitConfiguration(limits)
            ),
            maximumBufferSize: limits.headerList + Self.readSize
        )
    }
}

extension NIOHTTPDecoderLimitConfiguration {
    /// What the full parser takes.
    init(_ limits: HTTPLimits) {
        self.init()
        self.maxHeaderFieldSize = limits.headerField
        self.maxHeaderListSize = limits.headerList
        self.maxHeaderFieldCount = limits.headerCount
    }
}
