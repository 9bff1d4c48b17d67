// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The connection as seen by the body of a streamed response.
final class HTTPStreamOutput: HTTPBodyStreamOutput {
    private let handler: HTTPConnectionHandler
    private let context: ChannelHandlerContext

    init(handler: HTTPConnectionHandler, context: ChannelHandlerContext) {
        self.handler = handler
        self.context = context
    }

    var takesMore: Bool { self.context.channel.isWritable }

    func writeBody(_ bytes: ByteBuffer) {
        self.context.write(self.handler.wrapOutboundOut(bytes), promise: nil)
        self.handler.needsFlush = true
    }

    func flushBody() {
        self.handler.flushIfNeeded(context: self.context)
    }

    func bodyPaused() {
        self.handler.machine.streamPaused(now: .now())
        self.handler.armTimer(context: self.context)
    }

    func bodyResumed() {
        self.handler.machine.streamResumed()
    }

    func bodyFinished() {
        self.handler.streamFinished(context: self.context)
    }

    func bodyFailed() {
        self.context.close(promise: nil)
    }
}
