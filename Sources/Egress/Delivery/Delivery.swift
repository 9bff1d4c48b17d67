// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore
internal import Shared

/// Executes `DeliveryStateMachine`'s decisions for one client: reads the log, and sends no faster than the client
/// reads. Bound to the client's event loop.
final class Delivery {
    /// How many events a page of the log has, and how many of its bytes are sent at once.
    private static let pageLimit = 64
    private static let partBytes = 64 << 10
    /// How many bytes are processed, sent or not, before the loop's other connections get a turn: a filter parses every
    /// body. A larger event is processed whole.
    private static let turnBytes = 128 << 10

    private let broker: any Broker
    private let channel: ChannelID
    private let tracing: EgressTracing?
    private let turns: LoopTurns
    private let eventLoop: any EventLoop
    private var machine: DeliveryStateMachine
    /// Held until `end()`, which breaks the cycle.
    private var owner: (any DeliveryOwner)?
    /// Events of the log not yet sent to the client.
    private var page: Deque<LogEntry> = []
    private var hasPage = false
    private var isSendingPage = false
    /// Whether the rest of the page waits for a turn of the loop.
    private var awaitsTurn = false
    /// Announcements to send before any more events.
    private var announcements: [Recovery] = []
    /// Events of the log received before this are skipped, in milliseconds since 1970.
    private let since: Int64
    /// How many events of the log are sent a second.
    private let rate: Int?
    /// Whether the next part is delayed by the rate.
    private var isPaced = false
    /// For a client that answers probes.
    private var window: DeliveryWindow?
    private var windowTimer: Scheduled<Void>?

    /// - Parameters:
    ///   - start: where the client joined its feed.
    ///   - since: see `StreamBeginning`.
    ///   - rate: how many events of the log are sent per second; nil for no limit.
    ///   - isProbed: whether the client answers probes, which bound how far it is sent ahead.
    init(
        broker: any Broker,
        channel: ChannelID,
        start: Position,
        since: Int64? = nil,
        rate: Int? = nil,
        isProbed: Bool = false,
        tracing: EgressTracing? = nil,
        turns: LoopTurns,
        eventLoop: any EventLoop
    ) {
        self.broker = broker
        self.channel = channel
        self.since = since ?? .min
        self.rate = rate
        self.window = isProbed ? DeliveryWindow() : nil
        self.tracing = tracing
        self.turns = turns
        self.eventLoop = eventLoop
        self.machine = DeliveryStateMachine(start: start)
    }

    /// Begins. Call once, and never after `end()`: it retains its owner, which would then leak.
    func begin(_ resumption: DeliveryStateMachine.Resumption?, owner: any DeliveryOwner) {
        precondition(!self.machine.hasEnded, "the client has gone")
        self.owner = owner
        switch self.machine.begin(resumption) {
        case .nothing: break
        case .announce(let recovery): self.announce(recovery)
        case .read(let position): self.readLog(after: position)
        }
    }

    /// Whether the client has caught up with the log and gets live events.
    var isLive: Bool { self.machine.isLive }

    /// The last event sent to the client, or where it began; nil if not known yet.
    var position: Position? { self.machine.position }

    /// How far the client is: up to here it was sent everything addressed to it, and told of losses; nil if not known
    /// yet.
    var reachedPosition: Position? { self.announcements.isEmpty ? self.machine.reachedPosition : nil }

    /// The last event that the client was sent; see `DeliveryStateMachine.sentPosition`.
    var sentPosition: Position? { self.machine.sentPosition }

    /// The same, if on reconnect the client would get everything again that its consumer has not received.
    var repeatedPosition: Position? { self.machine.repeatedPosition }

    /// Whether the consumer has received everything up to where the client is, so that where it began no longer
    /// matters.
    var isPositionHad: Bool { self.machine.isPositionHad }

    /// The client is about to be sent events that passed its filter; before the first one, skipped events do not count
    /// as received.
    func eventsSent() {
        self.machine.eventsSent()
    }

    /// The feed delivered events.
    func deliver(_ round: FeedRound) {
        if !self.announcements.isEmpty { self.announce() }
        switch self.machine.roundReceived(first: round.first, end: round.end) {
        case .ignore: break
        case .deliver(let after): self.owner?.send(round, after: after)
        }
    }

    /// Events were lost. The client is told asynchronously, since that may end it, which is not allowed here; but
    /// before it gets anything else.
    func interrupted(_ reason: UnrecoverableReason, head: Position) {
        switch self.machine.interrupted(reason, head: head) {
        case .ignore: break
        case .announce(let recovery): self.announcements.append(recovery)
        }
        if self.machine.isLive { self.dropPage() }
        guard !self.announcements.isEmpty else { return }
        self.eventLoop.assumeIsolated().execute {
            self.announce()
            self.tellIfLive()
        }
    }

    /// The client's channel is writable again.
    func becameWritable() {
        self.sendPage()
    }

    /// The client has answered a probe of its delivery window.
    func probeAnswered(_ number: UInt64) {
        guard let position = self.window?.answered(number, now: self.eventLoop.now) else { return }
        if self.machine.isPositionHad { self.owner?.hasRead(upTo: position) }
        self.sendPage()
    }

    /// The client has gone.
    func end() {
        self.machine.ended()
        self.windowTimer?.cancel()
        self.owner = nil
        self.announcements = []
        self.dropPage()
    }

    /// Announces to the client, after pending announcements.
    private func announce(_ recovery: Recovery) {
        self.announcements.append(recovery)
        self.announce()
    }

    private func announce() {
        let announcements = self.announcements
        self.announcements = []
        for recovery in announcements { self.owner?.announce(recovery) }
    }

    // MARK: The log

    private func readLog(after position: Position?) {
        guard self.owner != nil else { return }
        self.broker.log(self.channel, after: position, limit: Self.pageLimit, on: self.eventLoop).assumeIsolated()
            .whenComplete {
                switch $0 {
                case .success(let page): self.pageRead(page)
                case .failure: self.owner?.deliveryFailed()
                }
            }
    }

    private func pageRead(_ page: LogPage) {
        switch self.machine.pageRead(page) {
        case .ignore:
            break
        case .announce(let recovery):
            self.announce(recovery)
        case .read(let recovery, let position):
            if let recovery { self.announce(recovery) }
            self.readLog(after: position)
        case .send(let recovery, let entries):
            // Before the announcement, which may end the client and clear this.
            self.page = Deque(entries)
            if let recovery { self.announce(recovery) }
            self.hasPage = true
            self.sendPage()
        }
        self.tellIfLive()
    }

    private func dropPage() {
        self.page.removeAll()
        self.hasPage = false
    }

    /// Sends as much of the page as the client takes; the rest waits until it has read that.
    private func sendPage() {
        guard self.hasPage, !self.isSendingPage, !self.awaitsTurn else { return }
        self.isSendingPage = true
        defer { self.isSendingPage = false }
        var bytes = 0
        while bytes < Self.turnBytes, self.hasPage, !self.isPaced, self.window?.room != 0, let owner, owner.isWritable,
            let part = self.takePart()
        {
            // Updated before the send: the owner may ask for the position meanwhile.
            self.machine.sent(upTo: part.end)
            if !part.entries.isEmpty { self.send(part.entries, to: owner) }
            if let last = part.entries.last { self.probe(behind: part.entries.count, upTo: last.position) }
            if self.rate != nil { self.pause(for: part.entries.count) }
            bytes += part.bytes
        }
        guard self.hasPage, self.owner != nil else { return }
        guard self.page.isEmpty else {
            if bytes >= Self.turnBytes { self.awaitTurn() }
            return
        }
        self.hasPage = false
        switch self.machine.pageSent() {
        case .ignore:
            break
        case .read(let position):
            // A log in memory is read synchronously: without a pause a long one would overflow the stack and block the
            // loop.
            self.turns.wait(on: self.eventLoop) { self.readLog(after: position) }
        case .goLive:
            self.owner?.caughtUp()
        }
    }

    private func awaitTurn() {
        self.awaitsTurn = true
        self.turns.wait(on: self.eventLoop) {
            self.awaitsTurn = false
            self.sendPage()
        }
    }

    private func tellIfLive() {
        guard self.machine.isLive else { return }
        // The owner may end this delivery here and would miss pending announcements.
        if !self.announcements.isEmpty { self.announce() }
        self.owner?.caughtUp()
    }

    private func send(_ entries: [LogEntry], to owner: any DeliveryOwner) {
        guard let tracing else { return owner.send(entries[...]) }
        let (entries, passages) = tracing.begin(entries)
        owner.send(entries[...])
        tracing.delivered(passages, on: self.channel, sockets: 1, .log)
    }

    private func probe(behind count: Int, upTo end: Position) {
        guard let number = self.window?.sent(count, upTo: end, now: self.eventLoop.now) else { return }
        self.owner?.probe(number)
        if self.windowTimer == nil { self.lookLater() }
    }

    private func lookLater() {
        guard self.owner != nil else { return }
        self.windowTimer = self.eventLoop.assumeIsolated().scheduleTask(in: DeliveryWindow.nextLook) {
            self.windowTimer = nil
            switch self.window?.look(now: self.eventLoop.now) {
            case .probe(let number):
                self.owner?.probe(number)
                self.lookLater()
            case .nothing:
                self.sendPage()
            case nil:
                break
            }
        }
    }

    /// Pauses for the time that `count` events take at the rate.
    private func pause(for count: Int) {
        guard let rate, count > 0 else { return }
        self.isPaced = true
        self.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(1_000_000_000 * Int64(count) / Int64(rate))) {
            self.isPaced = false
            self.sendPage()
        }
    }

    /// The events to send at once, and where they end: at a rate, those due in a twentieth of a second.
    private func takePart() -> (entries: [LogEntry], bytes: Int, end: Position)? {
        var entries: [LogEntry] = []
        var bytes = 0
        var end: Position?
        let limit = min(self.rate.map { max(1, $0 / 20) } ?? .max, self.window?.room ?? .max)
        while bytes < Self.partBytes, entries.count < limit, let entry = self.page.popFirst() {
            end = entry.position
            guard entry.event.receivedAt >= self.since else { continue }
            entries.append(entry)
            bytes += entry.event.body.readableBytes
        }
        return end.map { (entries, bytes, $0) }
    }
}

@available(*, unavailable)
extension Delivery: Sendable {}
