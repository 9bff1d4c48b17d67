// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1

/// Requests whose route takes the body piece by piece.
extension HTTPConnectionHandler {
    /// Such a request, and its route.
    typealias StreamedRequest = (request: HTTPRequest, respond: Router.RespondStreaming)

    /// The request that a header makes, where its route takes the body piece by piece.
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

    /// Tells the route that the rest of its request's body does not come, where it takes one.
    func stopInflow(_ reason: HTTPBodyInflow.StopReason) {
        self.inflow.take()?.stop(reason)
    }

    /// Gives the route what a read, or a turn, has brought of the body that it takes.
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
