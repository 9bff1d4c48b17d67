// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Why retained events are unavailable.
enum RetainedEventsError: Error {
    case ended(CommandEnd)
    case gone(String)
    case tooMuch
    /// The relay took the client and did not send them.
    case silent
    /// The relay took the client and was lost, for this reason.
    case lost(String)
}

/// What a relay retains of what was selected.
struct RetainedLog: Sendable {
    var events: [ReceivedEvent]
    /// What else of the selection did not come, a sentence each.
    var gaps: [String] = []
    /// Where the relay's log stands, if it was not had up to there.
    var unsent: Position?
}

/// Fetches retained events from the relay. It only observes: nothing counts as received. Bound to its event loop.
final class RetainedEvents {
    /// The interval of asking how far the relay is: the last events may be addressed to others, or not pass the
    /// filters, and are then not sent.
    private static let questions = TimeAmount.milliseconds(50)
    /// How long the relay has until the first of it comes, and after a loss the next of it. One whose store is away takes
    /// a client and waits with it.
    static let patience = SubscriptionStateMachine.patience

    private let eventLoop: any EventLoop
    private let promise: EventLoopPromise<RetainedLog>
    private var collection: ReplayCollection
    private var subscription: RelaySubscription?
    private var deadline: Scheduled<Void>?
    private var isWaiting = false
    /// Whether the relay is being asked how far it is, or will be in a moment.
    private var isAsking = false
    private var nextQuestion: Scheduled<Void>?
    private var reached: Position?
    private var wasConnected = false
    /// Why there is no connection; nil where there is one.
    private var disconnection: String?
    private var isOver = false

    private init(_ collection: ReplayCollection, eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.promise = eventLoop.makePromise()
        self.collection = collection
    }

    /// Fetches them. On the event loop.
    ///
    /// - Parameter isRepublished: whether they are to stand in the log once more.
    /// - Returns: a future that fails with `RetainedEventsError`.
    static func fetch(
        _ selection: ReplaySelection,
        from relay: WebAddress,
        key: RelayKey,
        filters: [Subscription.Filter],
        isRepublished: Bool,
        isInsecure: Bool,
        eventLoop: any EventLoop
    ) throws -> EventLoopFuture<RetainedLog> {
        let collection = ReplayCollection(selection, isFiltered: !filters.isEmpty, isRepublished: isRepublished)
        let fetch = RetainedEvents(collection, eventLoop: eventLoop)
        let subscription = RelaySubscription(
            relay: relay,
            key: key,
            subscription: Subscription(start: selection.start, filters: filters),
            tls: try TLSClient(isInsecure: isInsecure),
            eventLoop: eventLoop,
            owner: fetch
        )
        fetch.subscription = subscription
        subscription.start()
        return fetch.promise.futureResult
    }

    private func finish(_ result: Result<RetainedLog, any Error>) {
        guard !self.isOver else { return }
        self.isOver = true
        self.deadline?.cancel()
        self.nextQuestion?.cancel()
        self.subscription?.stop()
        self.subscription = nil
        self.promise.completeWith(result)
    }

    /// Unless more comes by then. On the event loop, as all that a subscription tells and the deadline itself are, which is
    /// what `assumeIsolated` takes for granted and checks.
    private func finish(in time: TimeAmount, _ result: @escaping () -> Result<RetainedLog, any Error>) {
        self.deadline?.cancel()
        self.deadline = self.eventLoop.assumeIsolated().scheduleTask(in: time) { self.finish(result()) }
    }

    /// There is nothing yet that could be all: over however many connections, the relay has this time.
    private func waitForRelay() {
        guard !self.isOver, !self.isWaiting else { return }
        self.isWaiting = true
        self.finish(in: Self.patience) {
            .failure(self.disconnection.map { RetainedEventsError.lost($0) } ?? .silent)
        }
    }

    private func log(unsent: Position?) -> RetainedLog {
        // What lies at the end is told of once.
        let gaps = unsent == nil ? self.collection.gaps : self.collection.losses
        return RetainedLog(events: Array(self.collection.events), gaps: gaps, unsent: unsent)
    }

    private func go(on progress: ReplayCollection.Progress) {
        switch progress {
        case .more:
            self.isWaiting = false
            self.finish(in: Self.patience) { .success(self.log(unsent: self.collection.head)) }
            self.ask()
        case .complete: self.finish(.success(self.log(unsent: nil)))
        case .gone(let detail): self.finish(.failure(RetainedEventsError.gone(detail)))
        case .tooMuch: self.finish(.failure(RetainedEventsError.tooMuch))
        }
    }

    private func ask() {
        guard !self.isAsking else { return }
        self.isAsking = true
        self.subscription?.send(ClientMessage.ping())
    }

    /// The relay is up to a position, if it can say.
    private func answered(_ position: Position?) {
        if let position, position != self.reached {
            self.reached = position
            self.go(on: self.collection.reached(position))
        }
        guard !self.isOver else { return }
        // The subscription asks, too, where nothing comes.
        self.nextQuestion?.cancel()
        self.nextQuestion = self.eventLoop.assumeIsolated().scheduleTask(in: Self.questions) {
            self.isAsking = false
            self.ask()
        }
    }

    /// What was asked on a connection that has gone is not answered.
    private func forgetQuestion() {
        self.nextQuestion?.cancel()
        self.isAsking = false
    }
}

extension RetainedEvents: SubscriptionOwner {
    func connected() {
        self.wasConnected = true
        self.disconnection = nil
        self.waitForRelay()
    }

    func received(_ message: RelayMessage) {
        guard !self.isOver else { return }
        switch message {
        case .event(let event): self.go(on: self.collection.received(event))
        case .recovery(let recovery):
            // The first on every connection.
            self.forgetQuestion()
            self.go(on: self.collection.began(recovery))
        case .pong(let position): self.answered(position)
        case .replyResult, .fault, .other: break
        }
    }

    func receivedAgain(_ event: ReceivedEvent) {}

    func disconnected(_ reason: String, retryIn pause: TimeAmount) {
        self.disconnection = reason
        // A relay that has never taken the client is the subscription's to give up, which knows why.
        if self.wasConnected { self.waitForRelay() }
    }

    func failed(_ failure: SubscriptionStateMachine.Failure) {
        self.subscription = nil
        self.finish(.failure(RetainedEventsError.ended(CommandEnd(failure))))
    }
}

@available(*, unavailable)
extension RetainedEvents: Sendable {}
