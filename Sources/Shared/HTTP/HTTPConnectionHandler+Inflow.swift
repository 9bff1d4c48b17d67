// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1

/// Requests whose route streams the body.
extension HTTPConnectionHandler {
    /// Such a request, and its route.
    typealias StreamedRequest = (request: HTTPRequest, respond: Router.RespondStreaming)

    /// The request for a header, if its route streams the body.
    func streamedRequest(_ head: HTTPRequestHead, context: ChannelHandlerContext) -> StreamedRequest? {
        guard self.loop.router.mayStream(head.uri),
            let request = self.request(head, ByteBuffer(), context: context),
            let respond = self.loop.router.streamingRoute(for: request)
        else { return nil }
        return (request, respond)
    }

    func respond(_ streamed: StreamedRequest, length: Int?, context: ChannelHandlerContext) {
        let inflow = HTTPBodyInflow(length: length, source: InflowSource(handler: self, context: context))
        self.inflow = inflow
        self.answer(streamed.respond(streamed.request, inflow), context: context)
    }

    /// Tells a route that streams its request's body that the rest will not arrive.
    func stopInflow(_ reason: HTTPBodyInflow.StopReason) {
        self.inflow.take()?.stop(reason)
    }

    /// Delivers the body bytes of a read, or of a turn, to the route.
    func deliverBody() {
        guard let inflow, let bytes = self.machine.takeBody() else { return }
        inflow.deliver(bytes)
    }

    fileprivate func bodyAsked(context: ChannelHandlerContext) {
        switch self.machine.bodyAsked(now: .now()) {
        case .deliver(let bytes):
            self.inflow?.deliver(bytes)
            self.readIfWanted(context: context)
        case .deliverEnd:
            self.inflow.take()?.deliverEnd()
        case .wait(let sendContinue):
            if sendContinue { self.sendContinue(context: context) }
            self.armTimer(context: context)
        case .none:
            break
        }
    }

    private final class InflowSource: HTTPBodyInflowSource {
        private let handler: HTTPConnectionHandler
        private let context: ChannelHandlerContext

        init(handler: HTTPConnectionHandler, context: ChannelHandlerContext) {
            self.handler = handler
            self.context = context
        }

        func bodyAsked() {
            self.handler.bodyAsked(context: self.context)
        }
    }
}
