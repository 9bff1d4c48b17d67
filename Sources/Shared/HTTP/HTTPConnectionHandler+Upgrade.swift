// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1

/// Switches a connection to another protocol.
extension HTTPConnectionHandler {
    func upgrade(_ upgrade: HTTPUpgrade, context: ChannelHandlerContext) {
        // A peer that has closed its side cannot speak another protocol.
        if self.isInputClosed {
            _ = self.machine.inputClosed(now: .now())
        }
        guard self.machine.upgradeReady() else {
            context.close(promise: nil)
            return
        }
        let bytes = self.head(of: upgrade, context: context)
        // The peer must not see the response before the new protocol's handlers are installed: something it triggers
        // elsewhere, such as an event for its socket, could arrive first.
        context.write(self.wrapOutboundOut(bytes), promise: nil)
        let early = self.takePlainRest()
        self.waiting.removeAll()
        let pipeline = context.pipeline.syncOperations
        let plainSource = self.plainSource
        do {
            try upgrade.install(context.channel)
            if plainSource == nil { try self.removeParser(from: pipeline, of: context.channel) }
        } catch {
            context.close(promise: nil)
            return
        }
        context.flush()
        if self.wantsRead {
            context.read()
        }
        pipeline.removeHandler(context: context, promise: nil)
        plainSource?.leave(toProtocolWith: early)
    }

    private func removeParser(from pipeline: ChannelPipeline.SynchronousOperations, of channel: any Channel) throws {
        let decoder = try pipeline.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self)
        let removed = channel.eventLoop.makePromise(of: Void.self)
        // The decoder hands over early bytes as it is removed, but fires no read-complete for them.
        removed.futureResult.assumeIsolated().whenSuccess { channel.pipeline.fireChannelReadComplete() }
        pipeline.removeHandler(context: decoder, promise: removed)
    }

    private func head(of upgrade: HTTPUpgrade, context: ChannelHandlerContext) -> ByteBuffer {
        switch upgrade.head {
        case .switchingProtocols:
            HTTPResponseEncoder.encodeSwitchingProtocols(
                headers: upgrade.headers,
                allocator: context.channel.allocator
            )
        case .unending:
            HTTPResponseEncoder.encodeHead(
                of: HTTPStreamedResponse(status: .ok, headers: upgrade.headers, contentLength: nil) { _ in },
                framing: .untilClose,
                close: true,
                isHTTP10: self.answersHTTP10,
                date: self.loop.date.now(),
                allocator: context.channel.allocator
            )
        }
    }
}
