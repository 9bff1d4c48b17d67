// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import CoreMetrics
internal import Logging
internal import NIOCore

/// First in the pipeline of a connection from a trusted peer: reads the PROXY protocol header, if any, passes the
/// client's address to the next handlers, and removes itself. On the channel's event loop.
///
/// The HTTP handler's time-outs bound how long the header may take.
final class ProxyHeaderHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let log: SampledLog?
    private var machine = ProxyHeaderStateMachine()
    private var isDone = false

    /// - Parameter log: for protocol violations; confined to the channel's event loop.
    init(log: SampledLog?) {
        self.log = log
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.isDone else { return context.fireChannelRead(data) }
        // The read-complete that follows still has to pass through this handler.
        if self.run(self.machine.received(self.unwrapInboundIn(data)), context: context) { self.leave(context) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        var isThrough = false
        if let event = event as? ChannelEvent, event == .inputClosed, !self.isDone {
            isThrough = self.run(self.machine.inputClosed(), context: context)
        }
        // Before its removal: a removed handler cannot fire events.
        context.fireUserInboundEventTriggered(event)
        if isThrough { self.leave(context) }
    }

    private func leave(_ context: ChannelHandlerContext) {
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    /// - Returns: whether the handler is done.
    private func run(_ action: ProxyHeaderStateMachine.Action, context: ChannelHandlerContext) -> Bool {
        switch action {
        case .wait:
            return false
        case .proceed(let header, let bytes):
            self.isDone = true
            if case .client(let address) = header {
                context.fireUserInboundEventTriggered(ProxiedClient(address: address))
            }
            if bytes.readableBytes > 0 { context.fireChannelRead(self.wrapInboundOut(bytes)) }
            return true
        case .close(let violation):
            self.isDone = true
            Counter(label: "hookwire_proxy_headers_refused_total", dimensions: [("reason", violation.rawValue)])
                .increment()
            self.log?.write(
                "a trusted proxy began a connection with a malformed PROXY protocol header; it was closed",
                metadata: [
                    "reason": "\(violation.rawValue)", "peer": "\(context.remoteAddress?.ipAddress ?? "unknown")",
                ]
            )
            context.close(promise: nil)
            return false
        }
    }
}

/// The client's address as reported by a proxy; later handlers use it as the connection's own address.
struct ProxiedClient {
    var address: SocketAddress
}
