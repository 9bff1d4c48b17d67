// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Prints a bot's events as they come. Bound to its event loop.
final class ListenRun: CommandRun {
    /// How often it looks whether its output is still read.
    private static let look = TimeAmount.milliseconds(500)

    private let eventLoop: any EventLoop
    private let print: EventPrint
    private let promise: EventLoopPromise<CommandEnd>
    private let relay: WebAddress
    private let consumer: String?
    /// How many are still to be printed; nil for all that come.
    private var rest: Int?
    private var subscription: RelaySubscription?
    private var isOver = false
    private var wasConnected = false

    /// - Parameter count: how many are printed before it ends; nil for no end.
    init(
        relay: WebAddress,
        key: RelayKey,
        subscription: Subscription,
        isInsecure: Bool,
        count: Int?,
        print: EventPrint,
        eventLoop: any EventLoop
    ) throws {
        self.eventLoop = eventLoop
        self.print = print
        self.relay = relay
        self.rest = count
        self.consumer = subscription.consumer
        self.promise = eventLoop.makePromise()
        self.subscription = RelaySubscription(
            relay: relay,
            key: key,
            subscription: subscription,
            tls: try TLSClient(isInsecure: isInsecure),
            eventLoop: eventLoop,
            owner: self
        )
    }

    var end: EventLoopFuture<CommandEnd> { self.promise.futureResult }

    func start() {
        self.subscription?.start()
        // `head` exits when it has enough, which would go unnoticed until the next event.
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.eventLoop.scheduleRepeatedTask(initialDelay: Self.look, delay: Self.look) { task in
            if bound.value.isOver { return task.cancel() }
            if bound.value.print.terminal.isAbandoned { bound.value.finish(.done) }
        }
    }

    func stop() {
        self.finish(.done)
    }

    private func finish(_ end: CommandEnd) {
        guard !self.isOver else { return }
        self.isOver = true
        let goodbye = self.subscription?.stop() ?? self.eventLoop.makeSucceededVoidFuture()
        self.subscription = nil
        goodbye.assumeIsolated().whenComplete { _ in self.promise.succeed(end) }
    }

    private func show(_ event: ReceivedEvent) {
        do throws(Terminal.WriteFailure) {
            try self.print.terminal.print(self.print.text(event) + "\n")
        } catch {
            guard let sentence = error.sentence else { return self.finish(.done) }
            self.say(sentence)
            return self.finish(.failed)
        }
        if self.consumer != nil { self.subscription?.acknowledge(event.position) }
        guard let rest = self.rest else { return }
        self.rest = rest - 1
        if rest <= 1 { self.finish(.done) }
    }

    private func say(_ sentence: String) {
        self.print.terminal.complain(ForeignText.line(sentence))
    }
}

extension ListenRun: SubscriptionOwner {
    func connected() {
        self.say("\(self.wasConnected ? "Connected again" : "Connected") to \(self.relay.description).")
        self.wasConnected = true
    }

    func received(_ message: RelayMessage) {
        guard !self.isOver else { return }
        switch message {
        case .event(let event):
            self.show(event)
        case .recovery(let recovery):
            guard let loss = recovery.loss else { return }
            let outlook =
                recovery.isAskedAgain ? "Going on with what is retained" : "Going on behind \(recovery.position)"
            self.say("Events were lost (\(loss)): \(recovery.detail). \(outlook).")
        case .fault(let reason, let detail):
            self.say("The relay could not use a frame (\(reason)): \(detail)")
        case .replyResult, .pong, .other:
            break
        }
    }

    func receivedAgain(_ event: ReceivedEvent) {}

    func disconnected(_ reason: String, retryIn pause: TimeAmount) {
        self.say("Not connected (\(reason)); trying again in \(Double(pause.nanoseconds / 100_000_000) / 10) s.")
    }

    func failed(_ failure: SubscriptionStateMachine.Failure) {
        self.subscription = nil
        self.finish(CommandEnd(failure))
    }
}

@available(*, unavailable)
extension ListenRun: Sendable {}
