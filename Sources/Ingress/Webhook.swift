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
    /// Of requests that were refused.
    private let refusals: SampledLog
    /// Nil where no traces are recorded.
    private let tracer: Tracer?
    /// Where it is given, nothing is published while the node drains.
    private let drainState: NodeState?
    private let metrics: IngressMetrics
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
        tracer: Tracer? = nil,
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
        // Anybody can send what is refused.
        self.refusals = SampledLog(logger, burst: 5, perSecond: 0.2)
        self.tracer = tracer
        self.metrics = IngressMetrics(platform: P.name)
    }

    func respond(to request: HTTPRequest) -> HTTPReply {
        let received = self.tracer == nil ? 0 : WallClock.nanoseconds()
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
        let start = NIODeadline.now()
        switch self.platform.receive(request, agreement) {
        case .answer(let response):
            _ = self.metrics.verified(since: start)
            self.metrics.answered()
            return .response(response)
        case .refuse(let problem):
            _ = self.metrics.verified(since: start)
            self.report(request, agreement, refusedWith: problem)
            let isForged = problem.status == .unauthorized || problem.status == .forbidden
            return self.refuse(isForged ? problem.charged(for: agreement.registeredChannel) : problem)
        case .publish(var publishing):
            publishing.verified = self.metrics.verified(since: start)
            // Whatever a platform takes for a secret: here it must be a registered bot's.
            guard self.door.admits(agreement) else { return self.refuse(AccessRefusal.notFound) }
            if publishing.reply != nil, let problem = ReplyPolicy.refusal(of: request) { return self.refuse(problem) }
            if let drainState, drainState.isDraining {
                return .response(self.notStored(.closed))
            }
            self.limits.addresses?.succeeded(request.clientAddress, for: publishing.channel, asVisitor: false)
            if let tracer { self.trace(request, &publishing, tracer, received: received) }
            guard let bot = agreement.isRegistered ? agreement.bot : nil else { return self.admitted(publishing) }
            publishing.retention = bot.channelRetention
            publishing.permit = RatePermit(for: bot, of: self.limits)
            return self.publish(publishing, of: bot)
        }
    }

    private func trace(_ request: HTTPRequest, _ publishing: inout Publishing, _ tracer: Tracer, received: UInt64) {
        let trace = RequestTrace(
            tracer,
            of: request,
            platform: P.name,
            channel: publishing.channel,
            received: received
        )
        guard let trace else { return }
        publishing.trace = trace
        publishing.event = publishing.event.with(trace: trace.eventTrace)
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
                let error = error as? BrokerError ?? .unavailable
                reply.succeed(.response(webhook.value.notStored(error, box.value.submission)))
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
            let response = self.platform.limited(retryAfter: time)
            publishing.trace?.answered(LimitRefusal.requestRate.rawValue, status: Int(response.status.code))
            return .response(response)
        }
    }

    private func admitted(_ publishing: Publishing) -> HTTPReply {
        if let terms = publishing.reply { return self.publish(publishing, awaitingReply: terms) }
        return self.publish(publishing)
    }

    private func refuse(_ refusal: AccessRefusal) -> HTTPReply { self.refuse(refusal.problem) }

    private func refuse(_ problem: Problem) -> HTTPReply {
        self.metrics.refused(problem.reason)
        self.refusals.write(
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
        let submission = publishing.submission
        switch pending {
        case .done(let publication):
            return .response(self.stored(publication, submission))
        case .failed(let error):
            return .response(self.notStored(error, submission))
        case .pending(let publication):
            let webhook = NIOLoopBound(self, eventLoop: self.eventLoop)
            let reply = self.eventLoop.makePromise(of: HTTPReply.self)
            publication.whenComplete { result in
                switch result {
                case .success(let publication):
                    reply.succeed(.response(webhook.value.stored(publication, submission)))
                case .failure(let error):
                    let error = error as? BrokerError ?? .unavailable
                    reply.succeed(.response(webhook.value.notStored(error, submission)))
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
            publishing.trace?.answered("duplicate", status: Int(response.status.code))
            return .response(response)
        case .joined(let place):
            self.metrics.published(.duplicate)
            publishing.permit?.giveBack()
            return self.reply(at: place, publishing.submission)
        case .refused(let outcome):
            // The bot can still have the event; only its reply would come too late.
            self.metrics.waited(outcome)
            return self.publish(publishing)
        case .opened(let place):
            self.publish(publishing, terms, at: place)
            return self.reply(at: place, publishing.submission, on: publishing.channel)
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
        let submission = publishing.submission
        switch pending {
        case .done(let publication):
            self.published(publication, submission, at: place)
        case .failed(let error):
            self.waiting.notStored(place.token, response: self.notWaited(error, submission))
        case .pending(let publication):
            let webhook = NIOLoopBound(self, eventLoop: self.eventLoop)
            publication.whenComplete { result in
                let webhook = webhook.value
                switch result {
                case .success(let publication):
                    webhook.published(publication, submission, at: place)
                case .failure(let error):
                    let response = webhook.notWaited(error as? BrokerError ?? .unavailable, submission)
                    webhook.waiting.notStored(place.token, response: response)
                }
            }
        }
    }

    private func published(_ publication: Publication, _ submission: Submission, at place: WaitingReplies.Place) {
        self.metrics.published(publication)
        self.metrics.published(since: submission.verified)
        submission.trace?.published(.success(publication))
        self.waiting.stored(place.token, fallback: submission.acknowledgement)
        switch publication {
        case .stored(_, feeds: 0): self.waiting.giveUp(place.token, .nobodyOnline)
        case .stored: break
        // The request that came first waits on another node, if it still does: the reply goes there, and whoever sent this
        // one is to be told that its event is known.
        case .duplicate:
            submission.permit?.giveBack()
            self.waiting.giveUp(place.token, .elsewhere)
        }
    }

    /// - Parameter channel: where those who look on are told how it ended; nil for a repetition, whose end is another's.
    private func reply(
        at place: WaitingReplies.Place,
        _ submission: Submission,
        on channel: ChannelID? = nil
    ) -> HTTPReply {
        let webhook = NIOLoopBound(self, eventLoop: self.eventLoop)
        let waiting = self.waiting
        return .awaited(
            place.end.map { end in
                webhook.value.metrics.waited(end.outcome)
                if end.outcome == .replied { webhook.value.metrics.replied(since: submission.verified) }
                submission.trace?.answered(end.outcome.rawValue, status: Int(end.response.status.code))
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

    private func stored(_ publication: Publication, _ submission: Submission) -> HTTPResponse {
        if let permit = submission.permit, case .duplicate = publication { permit.giveBack() }
        self.metrics.published(publication)
        self.metrics.published(since: submission.verified)
        let response = submission.acknowledgement
        if let trace = submission.trace {
            trace.published(.success(publication))
            trace.answered(publication == .duplicate ? "duplicate" : "stored", status: Int(response.status.code))
        }
        return response
    }

    /// The end of a request that does not wait for a reply.
    private func notStored(_ reason: BrokerError, _ submission: Submission) -> HTTPResponse {
        let response = self.notWaited(reason, submission)
        submission.trace?.answered(reason.rawValue, status: Int(response.status.code))
        return response
    }

    private func notWaited(_ reason: BrokerError, _ submission: Submission) -> HTTPResponse {
        self.metrics.published(since: submission.verified)
        submission.trace?.published(.failure(reason))
        return self.notStored(reason)
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
