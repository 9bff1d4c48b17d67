// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// The way of a webhook request through an ingress node: judged by its platform, published, answered; by the bot, where
/// the platform takes its reply.
/// Belongs to one event loop.
final class Webhook<P: Platform & SendableMetatype> {
    /// How far apart the lines are that tell of events that could not be stored.
    private static var notStoredPause: TimeAmount { .seconds(5) }

    private let platform: P
    private let door: WebhookDoor<P>
    private let limits: WebhookLimits
    private let broker: any Broker
    private let waiting: WaitingReplies
    private let eventLoop: any EventLoop
    private let logger: Logger
    /// Where it is given, nothing is published while the node drains.
    private let drainState: NodeState?
    private var metrics: IngressMetrics
    /// How many events could not be stored since the last line that said so.
    private var notStoredCount = 0
    private var nextNotStoredLine = NIODeadline.uptimeNanoseconds(0)

    init(
        platform: P,
        door: WebhookDoor<P> = WebhookDoor(access: .open, clock: .system),
        limits: WebhookLimits = WebhookLimits(),
        broker: any Broker,
        waiting: WaitingReplies,
        eventLoop: any EventLoop,
        drainState: NodeState? = nil,
        logger: Logger
    ) {
        self.platform = platform
        self.door = door
        self.limits = limits
        self.broker = broker
        self.waiting = waiting
        self.eventLoop = eventLoop
        self.drainState = drainState
        self.logger = logger
        self.metrics = IngressMetrics(platform: P.name)
    }

    func respond(to request: HTTPRequest) -> HTTPReply {
        let agreement: Agreement
        do throws(AccessRefusal) {
            agreement = try self.door.agreement(for: request, of: self.platform)
        } catch {
            return self.refuse(error)
        }
        // A bot is large: it is asked for only where there is one, which most relays never have.
        if agreement.isRegistered, let channel = agreement.registeredChannel,
            let banned = self.limits.addresses?.refusal(of: request, for: channel)
        {
            return banned
        }
        switch self.platform.receive(request, agreement) {
        case .answer(let response):
            self.metrics.answered()
            return .response(response)
        case .refuse(let problem):
            self.report(request, agreement, refusedWith: problem)
            let isForged = problem.status == .unauthorized || problem.status == .forbidden
            return self.refuse(isForged ? problem.charged(for: agreement.registeredChannel) : problem)
        case .publish(var publishing):
            // Whatever a platform takes for a secret: here it must be a registered bot's.
            guard self.door.admits(agreement) else { return self.refuse(AccessRefusal.notFound) }
            if let drainState, drainState.isDraining {
                return .response(self.notStored(.closed))
            }
            self.limits.addresses?.succeeded(request.clientAddress, for: publishing.channel, asVisitor: false)
            guard let bot = agreement.isRegistered ? agreement.bot : nil else { return self.admitted(publishing) }
            publishing.retention = bot.channelRetention
            publishing.permit = RatePermit(for: bot, of: self.limits)
            return self.publish(publishing, of: bot)
        }
    }

    // MARK: Events within their bot's limit, and beyond

    private func publish(_ publishing: Publishing, of bot: Bot) -> HTTPReply {
        switch self.limits.take(for: bot, on: self.eventLoop) {
        case .decided(let decision): self.decided(decision, publishing)
        case .pending(let decision): self.publish(publishing, when: decision)
        }
    }

    private func publish(_ publishing: Publishing, when decision: EventLoopFuture<RateDecision>) -> HTTPReply {
        let webhook = NIOLoopBound(self, eventLoop: self.eventLoop)
        let box = NIOLoopBound(publishing, eventLoop: self.eventLoop)
        let reply = self.eventLoop.makePromise(of: HTTPReply.self)
        decision.whenComplete { result in
            switch result {
            case .success(let decision):
                reply.succeed(webhook.value.decided(decision, box.value))
            case .failure(let error):
                reply.succeed(.response(webhook.value.notStored(error as? BrokerError ?? .unavailable)))
            }
        }
        return .promptly(reply.futureResult)
    }

    private func decided(_ decision: RateDecision, _ publishing: Publishing) -> HTTPReply {
        switch decision {
        case .admitted:
            return self.admitted(publishing)
        case .refused(let time):
            self.metrics.refused(LimitRefusal.requestRate.rawValue)
            LimitRefusal.requestRate.count()
            return .response(self.platform.limited(retryAfter: time))
        }
    }

    private func admitted(_ publishing: Publishing) -> HTTPReply {
        if let terms = publishing.reply { return self.publish(publishing, awaitingReply: terms) }
        return self.publish(publishing)
    }

    private func refuse(_ refusal: AccessRefusal) -> HTTPReply { self.refuse(refusal.problem) }

    private func refuse(_ problem: Problem) -> HTTPReply {
        self.metrics.refused(problem.reason)
        self.logger.debug(
            "a webhook request was refused",
            metadata: ["platform": "\(P.name)", "reason": "\(problem.reason)"]
        )
        return .response(problem.response)
    }

    // MARK: Events that are acknowledged

    private func publish(_ publishing: Publishing) -> HTTPReply {
        let pending = self.broker.publish(
            publishing.event,
            to: publishing.channel,
            key: publishing.key,
            retention: publishing.retention,
            on: self.eventLoop
        )
        let (acknowledgement, permit) = (publishing.acknowledgement, publishing.permit)
        switch pending {
        case .done(let publication):
            return .response(self.stored(publication, permit, acknowledgement: acknowledgement))
        case .failed(let error):
            return .response(self.notStored(error))
        case .pending(let publication):
            let webhook = NIOLoopBound(self, eventLoop: self.eventLoop)
            let reply = self.eventLoop.makePromise(of: HTTPReply.self)
            publication.whenComplete { result in
                switch result {
                case .success(let publication):
                    reply.succeed(
                        .response(webhook.value.stored(publication, permit, acknowledgement: acknowledgement))
                    )
                case .failure(let error):
                    reply.succeed(.response(webhook.value.notStored(error as? BrokerError ?? .unavailable)))
                }
            }
            return .promptly(reply.futureResult)
        }
    }

    // MARK: Events that are answered by the bot

    private func publish(_ publishing: Publishing, awaitingReply terms: ReplyTerms) -> HTTPReply {
        let key = publishing.key.map { WaitingReplies.Key(channel: publishing.channel, text: $0.text) }
        let entrance = self.waiting.enter(
            key: key,
            terms: terms,
            fallback: self.platform.retryLater(.timeout),
            on: self.eventLoop
        )
        switch entrance {
        case .answered(let response):
            self.metrics.published(.duplicate)
            publishing.permit?.giveBack()
            return .response(response)
        case .joined(let place):
            self.metrics.published(.duplicate)
            publishing.permit?.giveBack()
            return self.reply(at: place)
        case .refused(let outcome):
            // The bot can still have the event; only its reply would come too late.
            self.metrics.waited(outcome)
            return self.publish(publishing)
        case .opened(let place):
            self.publish(publishing, terms, at: place)
            return self.reply(at: place, on: publishing.channel)
        }
    }

    private func publish(_ publishing: Publishing, _ terms: ReplyTerms, at place: WaitingReplies.Place) {
        let event = publishing.event
        let offer = ReplyOffer(
            token: place.token,
            deadline: event.receivedAt + terms.timeLimit.nanoseconds / 1_000_000
        )
        let pending = self.broker.publish(
            event.with(reply: offer),
            to: publishing.channel,
            key: publishing.key,
            retention: publishing.retention,
            on: self.eventLoop
        )
        let (acknowledgement, permit) = (publishing.acknowledgement, publishing.permit)
        switch pending {
        case .done(let publication):
            self.published(publication, permit, acknowledgement: acknowledgement, at: place)
        case .failed(let error):
            self.waiting.notStored(place.token, response: self.notStored(error))
        case .pending(let publication):
            let webhook = NIOLoopBound(self, eventLoop: self.eventLoop)
            publication.whenComplete { result in
                let webhook = webhook.value
                switch result {
                case .success(let publication):
                    webhook.published(publication, permit, acknowledgement: acknowledgement, at: place)
                case .failure(let error):
                    let response = webhook.notStored(error as? BrokerError ?? .unavailable)
                    webhook.waiting.notStored(place.token, response: response)
                }
            }
        }
    }

    private func published(
        _ publication: Publication,
        _ permit: RatePermit?,
        acknowledgement: HTTPResponse,
        at place: WaitingReplies.Place
    ) {
        self.metrics.published(publication)
        self.waiting.stored(place.token, fallback: acknowledgement)
        switch publication {
        case .stored(_, feeds: 0): self.waiting.giveUp(place.token, .nobodyOnline)
        case .stored: break
        // The request that came first waits on another node, if it still does: the reply goes there, and whoever sent this
        // one is to be told that its event is known.
        case .duplicate:
            permit?.giveBack()
            self.waiting.giveUp(place.token, .elsewhere)
        }
    }

    /// - Parameter channel: where those who look on are told how it ended; nil for a repetition, whose end is another's.
    private func reply(at place: WaitingReplies.Place, on channel: ChannelID? = nil) -> HTTPReply {
        let webhook = NIOLoopBound(self, eventLoop: self.eventLoop)
        let waiting = self.waiting
        return .awaited(
            place.end.map { end in
                webhook.value.metrics.waited(end.outcome)
                if let channel { webhook.value.report(end, of: place.token, on: channel) }
                return .response(end.response)
            },
            abandoned: { waiting.leave(place) }
        )
    }

    // MARK: For those who look on

    private func report(_ request: HTTPRequest, _ agreement: Agreement, refusedWith problem: Problem) {
        guard let channel = agreement.bot?.channel ?? RefusedRequest.channel(of: request) else { return }
        self.broker.report(on: channel) {
            RefusedRequest(
                request: request,
                platform: P.name,
                problem: problem,
                time: WallClock.now(),
                credentialField: agreement.header(of: request)
            ).observation
        }
    }

    private func report(_ end: WaitEnd, of token: ReplyToken, on channel: ChannelID) {
        self.broker.report(on: channel) {
            AnsweredRequest(token: token, end: end, time: WallClock.now()).observation
        }
    }

    // MARK: What became of an event

    private func stored(
        _ publication: Publication,
        _ permit: RatePermit?,
        acknowledgement: HTTPResponse
    ) -> HTTPResponse {
        if let permit, case .duplicate = publication { permit.giveBack() }
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
