// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// Handles a webhook request: verified by its platform, published, and answered, by the bot if the platform accepts
/// replies. Confined to one event loop.
final class Webhook<P: Platform & SendableMetatype> {
    /// The minimum time between log lines about events that could not be stored.
    private static var notStoredPause: TimeAmount { .seconds(5) }

    let platform: P
    private let resolver: WebhookBotResolver<P>
    private let limits: WebhookLimits
    let broker: any Broker
    let waiting: WaitingReplies
    let eventLoop: any EventLoop
    private let logger: Logger
    /// The log of refused requests.
    private let refusals: SampledLog
    /// Nil where no traces are recorded.
    private let tracer: Tracer?
    /// If present, nothing is published while the node drains.
    private let drainState: NodeState?
    let metrics: IngressMetrics
    /// How many events could not be stored since the last line that said so.
    private var notStoredCount = 0
    private var nextNotStoredLine = NIODeadline.uptimeNanoseconds(0)

    init(
        platform: P,
        resolver: WebhookBotResolver<P> = WebhookBotResolver(access: .open, clock: .system),
        limits: WebhookLimits = WebhookLimits(),
        broker: any Broker,
        waiting: WaitingReplies,
        eventLoop: any EventLoop,
        drainState: NodeState? = nil,
        tracer: Tracer? = nil,
        logger: Logger
    ) {
        self.platform = platform
        self.resolver = resolver
        self.limits = limits
        self.broker = broker
        self.waiting = waiting
        self.eventLoop = eventLoop
        self.drainState = drainState
        self.logger = logger
        // Sampled, since anyone can send invalid requests.
        self.refusals = SampledLog(logger, burst: 5, perSecond: 0.2)
        self.tracer = tracer
        self.metrics = IngressMetrics(platform: P.name)
    }

    func respond(to request: HTTPRequest) -> HTTPReply {
        let received = self.tracer == nil ? 0 : WallClock.nanoseconds()
        let settings: WebhookSettings
        do throws(AccessRefusal) {
            settings = try self.resolver.settings(for: request, of: self.platform)
        } catch {
            return self.refuse(error)
        }
        // `Bot` is a large struct: it is copied only if there is one, which most relays never have.
        if settings.isRegistered, let channel = settings.registeredChannel,
            let banned = self.limits.addresses?.refusal(of: request, for: channel)
        {
            return banned
        }
        let start = NIODeadline.now()
        switch self.platform.receive(request, settings) {
        case .answer(let response):
            _ = self.metrics.verified(since: start)
            self.metrics.answered()
            return .response(response)
        case .refuse(let problem):
            _ = self.metrics.verified(since: start)
            self.report(request, settings, refusedWith: problem)
            return self.refuse(problem.failure == nil ? problem : problem.charged(for: settings.registeredChannel))
        case .publish(var publishing):
            publishing.verified = self.metrics.verified(since: start)
            // In a closed relay the secret must be a registered bot's.
            guard self.resolver.admits(settings) else { return self.refuse(AccessRefusal.notFound) }
            if publishing.reply != nil {
                if let problem = ReplyPolicy.refusal(of: request) { return self.refuse(problem) }
                publishing.waitStart = self.waiting.now()
            }
            if let drainState, drainState.isDraining {
                return .response(self.askAgain(.closed))
            }
            self.limits.addresses?.succeeded(request.clientAddress, for: publishing.channel, asVisitor: false)
            if let tracer { self.trace(request, &publishing, tracer, received: received) }
            guard let bot = settings.isRegistered ? settings.bot : nil else { return self.admitted(publishing) }
            publishing.retention = bot.channelRetention
            publishing.permit = RatePermit(for: bot, of: self.limits)
            return self.publishWithinLimit(publishing, of: bot)
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

    private func publishWithinLimit(_ publishing: Publishing, of bot: Bot) -> HTTPReply {
        switch self.limits.take(for: bot, on: self.eventLoop) {
        case .decided(let decision):
            return self.decided(decision, publishing)
        case .pending(let decision):
            let box = NIOLoopBound(publishing, eventLoop: self.eventLoop)
            let reply = self.eventLoop.makePromise(of: HTTPReply.self)
            self.whenKnown(decision, (publishing: box, reply: reply)) { webhook, result, context in
                let publishing = context.publishing.value
                switch result {
                case .success(let decision):
                    context.reply.succeed(webhook.decided(decision, publishing))
                case .failure(let error):
                    context.reply.succeed(.response(webhook.end(publishing.submission, .failure(error))))
                }
            }
            return .promptly(reply.futureResult)
        }
    }

    private func decided(_ decision: RateDecision, _ publishing: Publishing) -> HTTPReply {
        switch decision {
        case .admitted:
            return self.admitted(publishing)
        case .refused(let time):
            self.metrics.refused(LimitRefusal.requestRate)
            LimitRefusal.requestRate.count()
            let response = self.platform.limited(retryAfter: time)
            publishing.trace?.answered(LimitRefusal.requestRate, status: Int(response.status.code))
            return .response(response)
        }
    }

    private func admitted(_ publishing: Publishing) -> HTTPReply {
        if let terms = publishing.reply { return self.awaitReply(to: publishing, terms) }
        return self.acknowledge(publishing)
    }

    /// Refuses a request that does not come from the platform.
    func refuse(_ request: HTTPRequest, with problem: Problem) -> HTTPReply {
        // Requests without access are not reported to observers.
        if let settings = try? self.resolver.settings(for: request, of: self.platform) {
            self.report(request, settings, refusedWith: problem)
        }
        return self.refuse(problem)
    }

    private func refuse(_ refusal: AccessRefusal) -> HTTPReply {
        let reply = self.refuse(refusal.problem)
        // It may be an event, which the platform should retry.
        return refusal == .notReady ? .response(self.platform.notReady()) : reply
    }

    private func refuse(_ problem: Problem) -> HTTPReply {
        self.metrics.refused(problem)
        self.refusals.write(
            "a webhook request was refused",
            metadata: ["platform": "\(P.name)", "reason": "\(problem.reason)"]
        )
        return .response(problem.response)
    }

    // MARK: Events that are acknowledged

    /// Publishes an event whose request is answered as soon as it is stored.
    func acknowledge(_ publishing: Publishing) -> HTTPReply {
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
            return .response(self.end(submission, .success(publication)))
        case .failed(let error):
            return .response(self.end(submission, .failure(error)))
        case .pending(let publication):
            let reply = self.eventLoop.makePromise(of: HTTPReply.self)
            self.whenKnown(publication, (submission: submission, reply: reply)) { webhook, result, context in
                context.reply.succeed(.response(webhook.end(context.submission, result)))
            }
            return .promptly(reply.futureResult)
        }
    }

    /// Continues when a store's answer is known.
    ///
    /// - Parameters:
    ///   - future: completes on the webhook's event loop, and fails with `BrokerError` only.
    ///   - context: what `next` needs of the request.
    ///   - next: captures nothing, so that it takes no memory of its own.
    func whenKnown<Value: Sendable, Context: Sendable>(
        _ future: EventLoopFuture<Value>,
        _ context: Context,
        _ next: @escaping @Sendable (Webhook<P>, Result<Value, BrokerError>, Context) -> Void
    ) {
        let webhook = NIOLoopBound(self, eventLoop: self.eventLoop)
        future.whenComplete { result in
            next(webhook.value, result.mapError { $0 as? BrokerError ?? .unavailable }, context)
        }
    }

    // MARK: Observations

    private func report(_ request: HTTPRequest, _ settings: WebhookSettings, refusedWith problem: Problem) {
        guard let channel = settings.bot?.channel ?? RefusedRequest.channel(of: request) else { return }
        self.broker.report(on: channel) {
            RefusedRequest(
                request: request,
                platform: P.name,
                problem: problem,
                time: WallClock.now(),
                credentialField: settings.header(of: request)
            ).observation
        }
    }

    // MARK: Outcomes of events

    /// The end of a request that does not wait for a reply: its answer.
    private func end(_ submission: Submission, _ result: Result<Publication, BrokerError>) -> HTTPResponse {
        switch result {
        case .success(let publication):
            self.stored(publication, submission)
            let response = submission.acknowledgement
            submission.trace?.answered(WebhookOutcome(publication), status: Int(response.status.code))
            return response
        case .failure(let error):
            let response = self.notStored(error, submission)
            submission.trace?.answered(error, status: Int(response.status.code))
            return response
        }
    }

    /// The store has an event.
    func stored(_ publication: Publication, _ submission: Submission) {
        if let permit = submission.permit, case .duplicate = publication { permit.giveBack() }
        self.metrics.published(publication)
        self.metrics.published(since: submission.verified)
        submission.trace?.published(.success(publication))
    }

    /// The event was not stored, or not confirmed.
    ///
    /// - Returns: the response that makes the platform retry.
    func notStored(_ reason: BrokerError, _ submission: Submission) -> HTTPResponse {
        self.metrics.published(since: submission.verified)
        submission.trace?.published(.failure(reason))
        return self.askAgain(reason)
    }

    /// Counts an event that is not stored.
    ///
    /// - Returns: the response that makes the platform retry.
    private func askAgain(_ reason: BrokerError) -> HTTPResponse {
        self.metrics.refused(reason)
        self.notStoredCount += 1
        // While a store is unreachable every event ends here: an occasional line suffices.
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
