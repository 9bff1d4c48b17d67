// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1

/// First in the pipeline: hands bytes to `HTTPConnectionHandler`, which parses plain requests itself. On the first
/// request that is not plain it replaces itself with the full parser; on an upgrade it is removed too. On the channel's
/// event loop.
final class PlainRequestHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: HTTPConnectionHandler
    private let limits: HTTPLimits
    private var context: ChannelHandlerContext?
    /// The full parser is installed after this handler, which is removed once it has passed on its current bytes.
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
        // For a truncated request the full parser produces the right error.
        if let event = event as? ChannelEvent, event == .inputClosed {
            self.connection.plainInputEnds()
        }
        context.fireUserInboundEventTriggered(event)
        self.goIfLeft(context: context)
    }

    private func goIfLeft(context: ChannelHandlerContext) {
        // The event may have closed the connection, so that there is nothing to remove.
        guard self.hasLeft, self.context != nil else { return }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    /// Leaves the connection to another protocol, whose handlers follow this one, starting with these bytes.
    func leave(toProtocolWith bytes: ByteBuffer) {
        guard let context, !self.hasLeft else { return }
        self.hasLeft = true
        if bytes.readableBytes > 0 {
            context.fireChannelRead(self.wrapInboundOut(bytes))
            context.fireChannelReadComplete()
        }
        self.goIfLeft(context: context)
    }

    /// Leaves the connection to the full parser, starting with these bytes.
    ///
    /// - Parameter inputEnds: whether they are the last: the end of input passed before the parser was installed.
    func leave(toParserWith bytes: ByteBuffer, inputEnds: Bool) {
        guard let context, !self.hasLeft else { return }
        let pipeline = context.pipeline.syncOperations
        do {
            try pipeline.addHandler(ByteToMessageHandler(parsing: self.limits), position: .after(self))
        } catch {
            // Fails only on a closed connection.
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
    /// The most bytes that one read delivers.
    private static var readSize: Int { 128 << 10 }

    /// The full parser. After an upgrade request it stops parsing and buffers input for the new protocol: at most the
    /// size of a request's header plus one read.
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
    /// The full parser's limits.
    init(_ limits: HTTPLimits) {
        self.init()
        self.maxHeaderFieldSize = limits.headerField
        self.maxHeaderListSize = limits.headerList
        self.maxHeaderFieldCount = limits.headerCount
    }
}
