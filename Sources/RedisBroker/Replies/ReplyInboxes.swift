// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import Shared
internal import Synchronization

/// The inboxes that are open on this node, one as a rule. Any thread.
final class ReplyInboxes: Sendable {
    private struct Inbox {
        var receiver: any ReplyReceiver
        var handle: RedisReplyInbox
        /// The callers waiting for it to be open.
        var opening: [EventLoopPromise<Void>]
    }

    private struct State {
        var inboxes: [NodeID: Inbox] = [:]
        /// How many outcomes wait to be resent.
        var untold = 0
        var isEnded = false
    }

    /// How many outcomes may wait for Redis.
    private static let untoldLimit = 1_024
    /// How long one waits before it is resent.
    private static let pause = TimeAmount.milliseconds(50)

    private let client: RedisClient
    private let eventLoop: any EventLoop
    private let timeout: TimeAmount
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameters:
    ///   - eventLoop: whose connection the outcomes take.
    ///   - timeout: how long the senders of replies wait for an outcome.
    init(client: RedisClient, eventLoop: any EventLoop, timeout: TimeAmount, logger: Logger) {
        self.client = client
        self.eventLoop = eventLoop
        self.timeout = timeout
        self.logger = logger
    }

    func open(
        _ node: NodeID,
        to receiver: any ReplyReceiver,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any ReplyInbox> {
        let promise = eventLoop.makePromise(of: Void.self)
        let handle = RedisReplyInbox(node: node, inboxes: self)
        let isOpening = self.state.withLock { state in
            guard !state.isEnded else { return false }
            let opening = state.inboxes[node]?.opening ?? []
            state.inboxes[node] = Inbox(receiver: receiver, handle: handle, opening: opening + [promise])
            // Under the lock, so that it cannot come behind an `unsubscribe` that was meant for an earlier inbox.
            let inbox = ReplyChannel.inbox(node)
            self.client.subscribeAnywhere(inbox.name, at: inbox.place)
            return true
        }
        if !isOpening { promise.fail(BrokerError.closed) }
        return promise.futureResult.map { handle }
    }

    fileprivate func close(_ handle: RedisReplyInbox) {
        let inbox = self.state.withLock { state -> Inbox? in
            guard state.inboxes[handle.node]?.handle === handle else { return nil }
            let inbox = ReplyChannel.inbox(handle.node)
            self.client.unsubscribeAnywhere(inbox.name, at: inbox.place)
            return state.inboxes.removeValue(forKey: handle.node)
        }
        for promise in inbox?.opening ?? [] { promise.fail(BrokerError.closed) }
    }

    /// The receiver of a node's replies, where the node is this one.
    func receiver(of node: NodeID) -> (any ReplyReceiver)? {
        self.state.withLock { $0.inboxes[node]?.receiver }
    }

    // MARK: From Redis

    /// The subscription of a node's inbox is on.
    func subscribed(to node: NodeID) {
        let opening = self.state.withLock { state -> [EventLoopPromise<Void>] in
            defer { state.inboxes[node]?.opening = [] }
            return state.inboxes[node]?.opening ?? []
        }
        for promise in opening { promise.succeed() }
    }

    /// A reply arrived: its outcome is sent to the sender.
    func received(_ payload: ByteBuffer, for node: NodeID) {
        guard let message = ReplyMessage(payload), message.token.node == node else {
            self.logger.debug("something else than a reply was published to this node")
            return
        }
        let outcome = OutcomeMessage(number: message.number, outcome: self.outcome(of: message))
        self.tell(outcome, to: .outcomes(message.asker), until: .now() + self.timeout)
    }

    /// Sends a reply's outcome to its sender. The publishing connection may reconnect later than the subscribed one, so
    /// this is retried for as long as the sender waits. Duplicates are ignored.
    private func tell(_ outcome: OutcomeMessage, to asker: ReplyChannel, until deadline: NIODeadline) {
        let command = RESPCommand(self.client.pushCommand, .string(asker.name), .buffer(outcome.bytes))
        self.client.publishAnywhere(command, at: asker.place, on: self.eventLoop).whenFailure { error in
            switch BrokerError(error) {
            case .unavailable, .overloaded:
                if self.tellLater(outcome, to: asker, until: deadline) { return }
            case .timeout, .unreplicated, .tooManyConsumers, .refused, .closed, .eventTooLarge:
                break
            }
            // The sender hears nothing and says so to its bot.
            self.logger.debug("what became of a reply could not be told", metadata: ["error": "\(error)"])
        }
    }

    private func tellLater(_ outcome: OutcomeMessage, to asker: ReplyChannel, until deadline: NIODeadline) -> Bool {
        let isTaken = self.state.withLock { state in
            guard !state.isEnded, state.untold < Self.untoldLimit, .now() + Self.pause < deadline else { return false }
            state.untold += 1
            return true
        }
        guard isTaken else { return false }
        self.eventLoop.scheduleTask(in: Self.pause) {
            self.state.withLock { $0.untold -= 1 }
            self.tell(outcome, to: asker, until: deadline)
        }
        return true
    }

    private func outcome(of message: ReplyMessage) -> ReplyOutcome {
        guard let receiver = self.receiver(of: message.token.node) else { return .unknown }
        guard let reply = message.reply else { return .unfit }
        return receiver.receive(reply, for: message.token)
    }

    /// Closes all.
    func end() {
        let inboxes = self.state.withLock { state in
            state.isEnded = true
            defer { state.inboxes = [:] }
            return state.inboxes.values.map { $0 }
        }
        for inbox in inboxes {
            for promise in inbox.opening { promise.fail(BrokerError.closed) }
        }
    }
}

/// An open inbox of a `RedisBroker`.
private final class RedisReplyInbox: ReplyInbox {
    let node: NodeID
    private let inboxes: ReplyInboxes

    init(node: NodeID, inboxes: ReplyInboxes) {
        self.node = node
        self.inboxes = inboxes
    }

    func close() {
        self.inboxes.close(self)
    }
}
