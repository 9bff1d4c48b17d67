// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Brings a bot's events from the relay to a local server, and its answers back: runs what `ForwardQueue` and
/// `PendingReplies` decide. Bound to its event loop.
final class ForwardRun: CommandRun {
    /// How long events in flight may take to finish when the command is stopped.
    private static let stopPatience = TimeAmount.seconds(5)
    /// How long the relay's store is left in peace before a reply is sent again.
    private static let replyPause = TimeAmount.milliseconds(500)

    /// How long nothing may come before a backlog counts as done.
    private static let backlogPatience = TimeAmount.seconds(2)

    private let configuration: ForwardConfiguration
    private let eventLoop: any EventLoop
    private let server: LocalServer
    private let tls: TLSClient
    private let promise: EventLoopPromise<CommandEnd>
    private var subscription: RelaySubscription?
    private var queue: ForwardQueue
    private var replies = PendingReplies()
    private var report: ForwardReport
    private var underWay = 0
    /// Up to where everything is done.
    private var done: Position?
    private var isStopping = false
    private var isOver = false
    private var awaySince: NIODeadline?
    private var wasConnected = false
    private var faults: Set<String> = []

    init(_ configuration: ForwardConfiguration, terminal: Terminal, eventLoop: any EventLoop) throws {
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.tls = try TLSClient(isInsecure: configuration.isInsecure)
        self.server = LocalServer(
            address: configuration.local,
            timeout: configuration.timeout,
            tls: try TLSClient(isInsecure: configuration.isLocalInsecure),
            eventLoop: eventLoop
        )
        self.queue = ForwardQueue(concurrency: configuration.concurrency, attempts: configuration.attempts)
        self.report = ForwardReport(terminal: terminal, printsJSON: configuration.printsJSON)
        self.promise = eventLoop.makePromise()
    }

    /// Succeeds when it is over.
    var end: EventLoopFuture<CommandEnd> { self.promise.futureResult }

    /// Begins; once.
    func start() {
        let subscription = RelaySubscription(
            relay: self.configuration.relay,
            key: self.configuration.key,
            subscription: Subscription(
                start: .cursor,
                consumer: self.configuration.consumer,
                filters: self.configuration.filters
            ),
            tls: self.tls,
            eventLoop: self.eventLoop,
            owner: self
        )
        self.subscription = subscription
        self.server.check().assumeIsolated().whenSuccess { failure in
            let address = self.configuration.local.description
            if let failure {
                self.awaySince = .now()
                self.report.say("\(address) does not answer (\(failure)): events wait until it does.")
            } else {
                self.report.say("Something listens at \(address).")
            }
            guard !self.isStopping else { return }
            subscription.start()
        }
    }

    /// Ends orderly: waits for events in flight, for a while.
    func stop() {
        guard !self.isStopping else { return }
        self.isStopping = true
        self.subscription?.isPaused = self.underWay > 0
        self.eventLoop.assumeIsolated().scheduleTask(in: Self.stopPatience) { self.finish(.done) }
        self.finishIfDone()
    }

    private func finishIfDone() {
        guard self.isStopping, self.underWay == 0 else { return }
        // Nothing would send it later otherwise.
        self.subscription?.sendOwedAcknowledgement()
        guard self.subscription?.owesAcknowledgement != true else { return }
        self.finish(.done)
    }

    private func finish(_ end: CommandEnd) {
        guard !self.isOver else { return }
        self.isOver = true
        self.isStopping = true
        self.report.finish()
        let outcome: CommandEnd = if case .done = end, self.report.loss != nil { .failed } else { end }
        let goodbye = self.subscription?.stop() ?? self.eventLoop.makeSucceededVoidFuture()
        self.subscription = nil
        goodbye.assumeIsolated().whenComplete { _ in self.promise.succeed(outcome) }
    }

    // MARK: Events

    private func deliver() {
        guard !self.isStopping else { return }
        while let (event, attempt) = self.queue.next(now: .now()) {
            self.underWay += 1
            self.report.started(event, attempt: attempt)
            let request = LocalRequest(
                event,
                to: self.configuration.local,
                additions: event.traceFields + self.configuration.headers
            )
            self.server.send(request).assumeIsolated().whenComplete { result in
                self.underWay -= 1
                switch result {
                case .success(let answer): self.answered(event, answer)
                case .failure(let error): self.missed(event, error)
                }
                self.deliver()
                self.finishIfDone()
            }
        }
        self.subscription?.isPaused = !self.queue.hasRoom()
    }

    private func answered(_ event: ReceivedEvent, _ answer: LocalAnswer) {
        if let since = self.awaySince {
            self.awaySince = nil
            self.report.say(
                "The local server is back after \((NIODeadline.now() - since).nanoseconds / 1_000_000_000) s."
            )
        }
        if let token = event.replyToken { self.reply(answer, to: token) }
        let moved = self.queue.answered(event.position)
        self.acknowledge(moved)
        self.report.ended(event, .answered(answer.status, answer.time))
    }

    private func missed(_ event: ReceivedEvent, _ error: any Error) {
        let failure = error as? LocalFailure ?? .unanswered("\(error)")
        let miss: ForwardQueue.Miss
        switch failure {
        case .away: miss = .away
        case .unanswered: miss = .unanswered
        case .unreadable: return self.answeredBadly(event, failure)
        }
        switch self.queue.missed(event.position, miss, now: .now(), dice: .random(in: 0...1)) {
        case .retry(let pause):
            if self.awaySince == nil {
                self.awaySince = .now()
                let outlook =
                    miss == .away
                    ? "events wait until it is back"
                    : "trying again, up to \(self.configuration.attempts) times an event"
                self.report.say("The local server gave no answer (\(failure.text)): \(outlook).")
            }
            self.report.returned(event)
            self.eventLoop.assumeIsolated().scheduleTask(in: pause) { self.deliver() }
        case .givenUp:
            let (done, pause) = self.queue.giveUp(event.position, now: .now(), dice: .random(in: 0...1))
            self.acknowledge(done)
            self.eventLoop.assumeIsolated().scheduleTask(in: pause) { self.deliver() }
            self.report.ended(event, .givenUp(failure.text))
            self.report.say("Passed over after \(self.configuration.attempts) attempts: \(self.replayHint(to: event))")
        }
    }

    /// The server is reachable and received the event: a retry would get the same response.
    private func answeredBadly(_ event: ReceivedEvent, _ failure: LocalFailure) {
        self.awaySince = nil
        self.acknowledge(self.queue.answered(event.position))
        self.report.ended(event, .givenUp(failure.text))
        self.report.say("Not tried again: \(self.replayHint(to: event))")
    }

    /// How an event that was passed over is sent once more.
    private func replayHint(to event: ReceivedEvent) -> String {
        "send it again with hookwire replay --relay \(self.configuration.relay.description) "
            + "--position \(event.position) --to \(self.configuration.local.description)"
            + (self.configuration.isLocalInsecure ? " --insecure-to" : "")
    }

    private func acknowledge(_ position: Position?) {
        guard let position else { return }
        self.done = position
        self.subscription?.acknowledge(position)
        if self.queue.count == 0 { self.lookForBacklogsEnd() }
    }

    /// The last event of a backlog may be one that the filter keeps back.
    private func lookForBacklogsEnd() {
        guard self.report.hasBacklog else { return }
        self.eventLoop.assumeIsolated().scheduleTask(in: Self.backlogPatience) {
            if self.queue.count == 0 { self.report.caughtUp() }
        }
    }

    // MARK: Replies

    private func reply(_ answer: LocalAnswer, to token: String) {
        if let flaw = answer.flaw { return self.report.say("The answer \(flaw.text): it cannot be the reply.") }
        self.tellOfForgottenReplies()
        let frame = answer.reply(to: token)
        let isSent = self.subscription?.send(frame) ?? false
        self.replies.add(token: token, frame: frame, isSent: isSent, now: .now())
    }

    /// Reports replies that were kept for too long as having an unknown outcome.
    private func tellOfForgottenReplies() {
        let count = self.replies.takeForgotten(now: .now())
        guard count > 0 else { return }
        let answers = count == 1 ? "An answer" : "\(count) answers"
        self.report.say(
            "\(answers) could not be brought to the relay within \(TimeText.format(PendingReplies.lifetime)), or it did "
                + "not say what became of that: the platform has most likely had its fallback."
        )
    }

    private func settled(_ result: RelayMessage.ReplyResult) {
        self.tellOfForgottenReplies()
        switch self.replies.settled(token: result.token, outcome: result.outcome) {
        case .accepted, .unknown:
            break
        case .lost:
            self.report.say("The answer did not become the platform's: \(result.outcome). \(result.detail)")
        case .again:
            self.eventLoop.assumeIsolated().scheduleTask(in: Self.replyPause) {
                if let frame = self.replies.sendAgain(token: result.token) { self.subscription?.send(frame) }
            }
        }
    }
}

extension ForwardRun: SubscriptionOwner {
    func connected() {
        let verb = self.wasConnected ? "Connected again to" : "Connected to"
        self.wasConnected = true
        self.report.say("\(verb) \(self.configuration.relay.description) as consumer \(self.configuration.consumer).")
        self.tellOfForgottenReplies()
        for frame in self.replies.sendAgain() { self.subscription?.send(frame) }
        self.finishIfDone()
    }

    func received(_ message: RelayMessage) {
        switch message {
        case .event(let event):
            self.queue.add(event)
            self.deliver()
        case .recovery(let recovery):
            self.report.began(recovery, done: self.done)
            self.lookForBacklogsEnd()
            if let loss = recovery.loss {
                self.report.say("Events were lost (\(loss)): \(recovery.detail). Going on behind \(recovery.position).")
            }
            // Which log it is may be all that an acknowledgement has waited for.
            self.finishIfDone()
        case .replyResult(let result):
            self.settled(result)
        case .fault(let reason, let detail):
            if self.faults.insert(reason).inserted, self.faults.count < 32 {
                self.report.say("The relay could not use a frame (\(reason)): \(detail)")
            }
        case .pong, .other:
            break
        }
    }

    func receivedAgain(_ event: ReceivedEvent) {}

    func disconnected(_ reason: String, retryIn pause: TimeAmount) {
        let seconds = Double(pause.nanoseconds / 100_000_000) / 10
        self.report.say("Not connected (\(reason)); trying again in \(seconds) s.")
    }

    func failed(_ failure: SubscriptionStateMachine.Failure) {
        self.subscription = nil
        self.finish(CommandEnd(failure))
    }
}

@available(*, unavailable)
extension ForwardRun: Sendable {}
