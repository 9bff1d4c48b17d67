// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore

/// One connection that subscribes: handshake, SUBSCRIBE and UNSUBSCRIBE in batches, confirmations, messages, pings and
/// the end. No IO and no clock of its own.
///
/// With a cluster node it uses sharded Pub/Sub: see `RedisSubscriptionStateMachine+Shard.swift`.
///
/// Every `subscribe` of a channel is followed by one "subscribed" at least, when Redis has confirmed it. Redis answers
/// in order, so that confirmations need no numbers: a channel's last one gives its state.
struct RedisSubscriptionStateMachine {
    struct Configuration: Sendable {
        var handshakeTimeout: TimeAmount
        var pingInterval: TimeAmount
        var pingTimeout: TimeAmount
        /// How many channels a command names at most.
        var batch: Int
        /// Present where it is a node of a cluster: who it is.
        var shard: ClusterEndpoint?
    }

    private static let pong = ByteBuffer(string: "pong")

    private enum State {
        case connecting
        case handshaking(RedisHandshake, deadline: NIODeadline)
        case ready
        case closed
    }

    struct Channel {
        /// Whether it is to be subscribed.
        var isWanted = false
        /// Whether the last command that named it is a SUBSCRIBE.
        var isSent = false
        /// Confirmations that are still to come.
        var awaited = 0
        /// Whether it is in the queue.
        var isQueued = false
        /// Whether a `subscribe` has not been answered yet.
        var owesAnswer = false
    }

    let configuration: Configuration
    private let words: PubSubWords
    private var state: State = .connecting
    var channels: [String: Channel] = [:]
    /// Channels whose next command, or answer, is due at the next flush.
    private var queue: Deque<String> = []
    /// Confirmations that are still to come, of all channels.
    var awaited = 0
    /// The commands that are not confirmed in full, in their order; kept with a node of a cluster.
    var shardCommands: Deque<ShardCommand> = []
    private var awaitedPongs = 0
    private var nextPing = NIODeadline.distantFuture
    /// When the connection counts as dead unless bytes come.
    private var silenceEnds: NIODeadline?
    private var timer: NIODeadline?
    /// Whether all channels that were wanted when it became ready have been confirmed.
    private(set) var isRestored = false

    /// - Parameter channels: what is wanted from the beginning.
    init(configuration: Configuration, channels: some Sequence<String>) {
        precondition(configuration.batch > 0, "a batch of no channels")
        self.configuration = configuration
        self.words = configuration.shard == nil ? .plain : .sharded
        for channel in channels { self.want(channel) }
    }

    /// Whether it is over.
    var isClosed: Bool {
        if case .closed = self.state { true } else { false }
    }

    private mutating func close() {
        self.state = .closed
        self.channels = [:]
        self.queue = []
        self.shardCommands = []
    }

    /// The time that the timer must be set to, or nil where it is set early enough.
    private mutating func timer(at time: NIODeadline) -> NIODeadline? {
        if let timer, timer <= time { return nil }
        self.timer = time
        return time
    }
}

// MARK: What is wanted

extension RedisSubscriptionStateMachine {
    enum QueueAction: Equatable {
        case ignore
        /// Flush at the end of this tick.
        case scheduleFlush
    }

    /// Channels are to be subscribed, or requested again.
    mutating func subscribe(_ channels: some Sequence<String>) -> QueueAction {
        if self.isClosed { return .ignore }
        for channel in channels { self.want(channel) }
        return self.queueAction
    }

    private mutating func want(_ name: String) {
        self.channels[name, default: Channel()].isWanted = true
        self.channels[name]?.owesAnswer = true
        self.enqueue(name)
    }

    /// Channels are not wanted any more.
    mutating func unsubscribe(_ channels: some Sequence<String>) -> QueueAction {
        for name in channels where self.channels[name] != nil {
            self.channels[name]?.isWanted = false
            self.channels[name]?.owesAnswer = false
            self.enqueue(name)
        }
        return self.queueAction
    }

    private mutating func enqueue(_ name: String) {
        guard self.channels[name]?.isQueued == false else { return }
        self.channels[name]?.isQueued = true
        self.queue.append(name)
    }

    private var queueAction: QueueAction {
        guard case .ready = self.state, !self.queue.isEmpty else { return .ignore }
        return .scheduleFlush
    }

    /// The command to write, and the channels that are subscribed already.
    struct Flush {
        var commands: [RESPCommand] = []
        /// Channels that were asked for again while they were subscribed.
        var subscribed: [String] = []
        var timer: NIODeadline?
    }

    /// The end of a tick.
    mutating func flush(now: NIODeadline) -> Flush {
        var flush = Flush()
        guard case .ready = self.state else { return flush }
        var subscriptions: [String] = []
        var unsubscriptions: [String] = []
        while let name = self.queue.popFirst() {
            guard var channel = self.channels[name] else { continue }
            channel.isQueued = false
            if channel.isWanted != channel.isSent {
                if channel.isWanted { subscriptions.append(name) } else { unsubscriptions.append(name) }
                channel.isSent = channel.isWanted
                channel.awaited += 1
                self.awaited += 1
            } else if channel.owesAnswer && channel.awaited == 0 {
                channel.owesAnswer = false
                flush.subscribed.append(name)
            }
            let isForgotten = !channel.isWanted && !channel.isSent && channel.awaited == 0
            self.channels[name] = isForgotten ? nil : channel
        }
        if self.configuration.shard == nil {
            self.append(self.words.unsubscribe, unsubscriptions, to: &flush.commands)
            self.append(self.words.subscribe, subscriptions, to: &flush.commands)
        } else {
            self.appendShards(self.words.unsubscribe, unsubscriptions, isSubscription: false, to: &flush.commands)
            self.appendShards(self.words.subscribe, subscriptions, isSubscription: true, to: &flush.commands)
        }
        if !flush.commands.isEmpty { flush.timer = self.answerExpected(now: now) }
        return flush
    }

    private func append(_ name: String, _ channels: [String], to commands: inout [RESPCommand]) {
        for start in stride(from: 0, to: channels.count, by: self.configuration.batch) {
            let batch = channels[start..<min(start + self.configuration.batch, channels.count)]
            commands.append(RESPCommand(name, batch.map { .string($0) }))
        }
    }

    private mutating func answerExpected(now: NIODeadline) -> NIODeadline? {
        if self.silenceEnds == nil { self.silenceEnds = now + self.configuration.pingTimeout }
        return self.silenceEnds.flatMap { self.timer(at: $0) }
    }
}

// MARK: From the peer

extension RedisSubscriptionStateMachine {
    /// The transport stands.
    mutating func connected(_ handshake: RedisHandshake, now: NIODeadline) -> RedisConnectedAction {
        guard case .connecting = self.state else { return .ignore }
        let deadline = now + self.configuration.handshakeTimeout
        self.state = .handshaking(handshake, deadline: deadline)
        self.timer = deadline
        return .wait(timer: deadline)
    }

    enum ReplyAction: Equatable {
        case ignore
        /// Notify the owner, set the timer, and flush: the wanted channels are not subscribed yet.
        case becomeReady(timer: NIODeadline?)
        /// From now on, what is published on the channel comes.
        case subscribed(String)
        case message(channel: String, payload: ByteBuffer)
        /// Channels that are not subscribed, and not wanted here any more.
        case dropped([String], ShardDrop)
        case close(RedisLoss)
    }

    /// A whole reply came.
    mutating func replyReceived(_ reply: RESPValue, now: NIODeadline) -> ReplyAction {
        switch self.state {
        case .connecting, .closed:
            return .ignore
        case .handshaking(var handshake, let deadline):
            switch handshake.replyReceived(reply) {
            case .wait:
                self.state = .handshaking(handshake, deadline: deadline)
                return .ignore
            case .fail(let loss):
                return self.closed(loss)
            case .finish:
                self.state = .ready
                self.isRestored = self.queue.isEmpty
                self.nextPing = now + self.configuration.pingInterval
                // The handshake's timer is still set, and may go off for nothing.
                return .becomeReady(timer: self.timer(at: self.nextPing))
            }
        case .ready:
            return self.pushReceived(reply)
        }
    }

    private mutating func pushReceived(_ reply: RESPValue) -> ReplyAction {
        switch reply {
        case .array(let parts):
            guard parts.count >= 2, case .bulk(let kind) = parts[0], case .bulk(let name) = parts[1]
            else { return self.closed(RedisLoss(.unexpectedReply)) }
            return self.pushReceived(kind, name: name, parts: parts)
        case .simpleString("PONG") where self.awaitedPongs > 0:
            // The pong of a connection without subscriptions.
            self.awaitedPongs -= 1
            return .ignore
        case .error(let line):
            if self.isPingRefused(by: .command(line)) {
                self.awaitedPongs -= 1
                return .ignore
            }
            if let shard = self.configuration.shard { return self.shardRefused(.command(line), by: shard) }
            return self.closed(RedisLoss(.subscriptionRefused, "\(RedisError.command(line))"))
        default:
            return self.closed(RedisLoss(.unexpectedReply))
        }
    }

    /// Whether an error answers a ping: the connection is alive, and the command connections report what the server
    /// refuses.
    private func isPingRefused(by error: RedisError) -> Bool {
        guard self.awaitedPongs > 0 else { return false }
        return switch error.code {
        // Redis accepts subscriptions even while snapshots fail.
        case "MISCONF": true
        case "BUSY", "NOPERM": self.awaited == 0
        default: false
        }
    }

    private mutating func pushReceived(_ kind: ByteBuffer, name: ByteBuffer, parts: [RESPValue]) -> ReplyAction {
        if parts.count == 3 {
            switch kind {
            case self.words.message:
                guard case .bulk(let payload) = parts[2] else { break }
                return .message(channel: String(buffer: name), payload: payload)
            case self.words.subscribed:
                return self.answered(String(buffer: name), isSubscribed: true)
            case self.words.unsubscribed:
                return self.answered(String(buffer: name), isSubscribed: false)
            default:
                break
            }
        } else if parts.count == 2, kind == Self.pong, self.awaitedPongs > 0 {
            self.awaitedPongs -= 1
            return .ignore
        }
        return self.closed(RedisLoss(.unexpectedReply))
    }

    private mutating func answered(_ name: String, isSubscribed: Bool) -> ReplyAction {
        guard let shard = self.configuration.shard else { return self.confirmed(name, isSubscribed: isSubscribed) }
        return self.shardAnswered(name, isSubscribed: isSubscribed, by: shard)
    }

    /// Redis has confirmed what was asked of it.
    mutating func confirmed(_ name: String, isSubscribed: Bool) -> ReplyAction {
        guard var channel = self.channels[name], channel.awaited > 0 else {
            // Unsolicited: the server may have dropped a channel that we want.
            return self.closed(RedisLoss(.unexpectedReply))
        }
        channel.awaited -= 1
        self.awaited -= 1
        self.noteRestored()
        // An earlier command's confirmation says nothing: another one follows.
        if channel.awaited == 0 && channel.isSent != isSubscribed {
            return self.closed(RedisLoss(.unexpectedReply))
        }
        let isAnswer = channel.owesAnswer && channel.isSent && channel.awaited == 0
        if isAnswer { channel.owesAnswer = false }
        let isForgotten = !channel.isWanted && !channel.isSent && channel.awaited == 0 && !channel.isQueued
        self.channels[name] = isForgotten ? nil : channel
        return isAnswer ? .subscribed(name) : .ignore
    }

    mutating func noteRestored() {
        if self.awaited == 0 && self.queue.isEmpty { self.isRestored = true }
    }

    mutating func closed(_ loss: RedisLoss) -> ReplyAction {
        self.close()
        return .close(loss)
    }

    /// All replies of a read have been received.
    mutating func readCompleted(now: NIODeadline) {
        guard self.silenceEnds != nil else { return }
        let isExpecting = self.awaited > 0 || self.awaitedPongs > 0
        self.silenceEnds = isExpecting ? now + self.configuration.pingTimeout : nil
    }
}

// MARK: Time and the end

extension RedisSubscriptionStateMachine {
    enum TimerAction: Equatable {
        case ignore
        case wait(timer: NIODeadline)
        /// Send a PING.
        case ping(timer: NIODeadline)
        case close(RedisLoss)
    }

    /// The timer went off.
    mutating func timerFired(now: NIODeadline) -> TimerAction {
        self.timer = nil
        switch self.state {
        case .connecting, .closed:
            return .ignore
        case .handshaking(_, let deadline):
            if deadline <= now { return self.ended(RedisLoss(.handshakeTimeout)) }
            self.timer = deadline
            return .wait(timer: deadline)
        case .ready:
            break
        }
        if let silenceEnds, silenceEnds <= now { return self.ended(RedisLoss(.pingTimeout)) }
        let isPinging = self.nextPing <= now
        if isPinging {
            self.awaitedPongs += 1
            self.nextPing = now + self.configuration.pingInterval
            _ = self.answerExpected(now: now)
        }
        let timer = min(self.nextPing, self.silenceEnds ?? .distantFuture)
        self.timer = timer
        return isPinging ? .ping(timer: timer) : .wait(timer: timer)
    }

    private mutating func ended(_ loss: RedisLoss) -> TimerAction {
        self.close()
        return .close(loss)
    }

    enum CloseAction: Equatable {
        case ignore
        case close(RedisLoss)
    }

    /// The transport broke, what came is no RESP, Redis closed its side, or we want it closed.
    mutating func connectionLost(_ loss: RedisLoss) -> CloseAction {
        defer { self.close() }
        switch self.state {
        case .closed: return .ignore
        case .handshaking(let handshake, _): return .close(handshake.explained(loss))
        case .connecting, .ready: return .close(loss)
        }
    }
}
