// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import Shared

/// The way of a webhook request through an ingress node: judged by its platform, published, answered.
/// Belongs to one event loop.
final class Webhook<P: Platform & SendableMetatype> {
    /// How far apart the lines are that tell of events that could not be stored.
    private static var notStoredPause: TimeAmount { .seconds(5) }

    private let platform: P
    private let broker: any Broker
    private let eventLoop: any EventLoop
    private let logger: Logger
    /// Where it is given, nothing is published while the node drains.
    private let drainState: NodeState?
    private var metrics: IngressMetrics
    /// How many events could not be stored since the last line that said so.
    private var notStoredCount = 0
    private var nextNotStoredLine = NIODeadline.uptimeNanoseconds(0)

    init(platform: P, broker: any Broker, eventLoop: any EventLoop, drainState: NodeState? = nil, logger: Logger) {
        self.platform = platform
        self.broker = broker
        self.eventLoop = eventLoop
        self.drainState = drainState
        self.logger = logger
        self.metrics = IngressMetrics(platform: P.name)
    }

    func respond(to request: HTTPRequest) -> HTTPReply {
        switch self.platform.receive(request) {
        case .answer(let response):
            self.metrics.answered()
            return .response(response)
        case .refuse(let problem):
            self.metrics.refused(problem.reason)
            self.logger.debug(
                "a webhook request was refused",
                metadata: ["platform": "\(P.name)", "reason": "\(problem.reason)"]
            )
            return .response(problem.response)
        case .publish(let publishing):
            if let drainState, drainState.isDraining {
                return .response(self.notStored(.closed))
            }
            return self.publish(publishing)
        }
    }

    private func publish(_ publishing: Publishing) -> HTTPReply {
        let pending = self.broker.publish(
            publishing.event,
            to: publishing.channel,
            key: publishing.key,
            on: self.eventLoop
        )
        let acknowledgement = publishing.acknowledgement
        switch pending {
        case .done(let publication):
            return .response(self.stored(publication, acknowledgement: acknowledgement))
        case .failed(let error):
            return .response(self.notStored(error))
        case .pending(let publication):
            let webhook = NIOLoopBound(self, eventLoop: self.eventLoop)
            let reply = self.eventLoop.makePromise(of: HTTPReply.self)
            publication.whenComplete { result in
                switch result {
                case .success(let publication):
                    reply.succeed(.response(webhook.value.stored(publication, acknowledgement: acknowledgement)))
                case .failure(let error):
                    reply.succeed(.response(webhook.value.notStored(error as? BrokerError ?? .unavailable)))
                }
            }
            return .eventually(reply.futureResult)
        }
    }

    private func stored(_ publication: Publication, acknowledgement: HTTPResponse) -> HTTPResponse {
        self.metrics.published(publication)
        return acknowledgement
    }

    private func notStored(_ reason: BrokerError) -> HTTPResponse {
        self.metrics.refused(reason.rawValue)
        self.notStoredCount += 1
        // While a store is away every event ends here: a line now and then tells as much as one each.
        if .now() >= self.nextNotStoredLine {
            self.nextNotStoredLine = .now() + Self.notStoredPause
            self.logger.warning(
                "events could not be stored; the platform is asked to send them again",
                metadata: [
                    "platform": "\(P.name)", "reason": "\(reason.rawValue)", "events": "\(self.notStoredCount)",
                ]
            )
            self.notStoredCount = 0
        }
        return self.platform.retryLater(reason)
    }
}
