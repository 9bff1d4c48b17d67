// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore
internal import Shared

/// Runs what `DeliveryStateMachine` decides for one client: reads the log, and sends no faster than the client reads.
/// Bound to the client's event loop.
final class Delivery {
    /// How many events a page of the log has, and how many of its bytes are sent at once.
    private static let pageLimit = 64
    private static let partBytes = 64 << 10
    /// How long the loop is left to its input between two pages.
    private static let yieldTime = TimeAmount.microseconds(20)

    private let broker: any Broker
    private let channel: ChannelID
    private let tracing: EgressTracing?
    private let eventLoop: any EventLoop
    private var machine: DeliveryStateMachine
    /// Until the end.
    private var owner: (any DeliveryOwner)?
    /// Events of the log that the client still has to be sent.
    private var page: Deque<LogEntry> = []
    private var hasPage = false
    private var isSendingPage = false
    /// What the client is told before it is sent anything more.
    private var announcements: [Recovery] = []
    /// Events of the log that were received before this are passed over, in milliseconds since 1970.
    private let since: Int64
    /// How many events of the log are sent a second.
    private let rate: Int?
    /// Whether the next part waits for its time.
    private var isPaced = false
    /// Of a client that can be asked.
    private var window: DeliveryWindow?
    private var windowTimer: Scheduled<Void>?

    /// - Parameters:
    ///   - start: where the client joined its feed.
    ///   - since: see `StreamBeginning`.
    ///   - rate: how many events of the log are sent a second; nil for as many as the client takes.
    ///   - isProbed: whether the client answers probes, and is sent no more than it reads.
    init(
        broker: any Broker,
        channel: ChannelID,
        start: Position,
        since: Int64? = nil,
        rate: Int? = nil,
        isProbed: Bool = false,
        tracing: EgressTracing? = nil,
        eventLoop: any EventLoop
    ) {
        self.broker = broker
        self.channel = channel
        self.since = since ?? .min
        self.rate = rate
        self.window = isProbed ? DeliveryWindow() : nil
        self.tracing = tracing
        self.eventLoop = eventLoop
        self.machine = DeliveryStateMachine(start: start)
    }

    /// Begins; once, and not behind the end: it holds its owner, and would not let go of it any more.
    func begin(_ resumption: DeliveryStateMachine.Resumption?, owner: any DeliveryOwner) {
        precondition(!self.machine.hasEnded, "the client has gone")
        self.owner = owner
        switch self.machine.begin(resumption) {
        case .nothing: break
        case .announce(let recovery): self.announce(recovery)
        case .read(let position): self.readLog(after: position)
        }
    }

    /// Whether the client has all of the log, and gets what comes.
    var isLive: Bool { self.machine.isLive }

    /// The last event that the client was sent, or where it began; nil where that is not known yet.
    var position: Position? { self.machine.position }

    /// How far the client is: up to here it was sent whatever is for it, and told what was lost; nil where that is not so yet.
    var reachedPosition: Position? { self.announcements.isEmpty ? self.machine.reachedPosition : nil }

    /// The last event that the client was sent; nil where it was sent none.
    var sentPosition: Position? { self.machine.sentPosition }

    /// The same where the client would be sent all of it again that its consumer has not had.
    var repeatedPosition: Position? { self.isSinceEver ? self.machine.repeatedPosition : nil }

    /// Whether the consumer has had everything up to where the client is: nobody has to know any more where it began.
    var isPositionHad: Bool { self.machine.isPositionHad && (self.isSinceEver || self.machine.sentPosition != nil) }

    private var isSinceEver: Bool { self.since == .min }

    /// Events came by the feed.
    func deliver(_ round: FeedRound) {
        if !self.announcements.isEmpty { self.announce() }
        switch self.machine.roundReceived(first: round.first, end: round.end) {
        case .ignore: break
        case .deliver(let after): self.owner?.send(round, after: after)
        }
    }

    /// Events were lost. The client is told a moment later, for it may end by that, which is not allowed here; and before
    /// it gets anything else.
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

    /// The client takes more.
    func becameWritable() {
        self.sendPage()
    }

    /// The client has answered a probe of its window.
    func probeAnswered(_ number: UInt64) {
        guard let position = self.window?.answered(number, now: self.eventLoop.now) else { return }
        self.owner?.hasRead(upTo: position)
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

    /// Tells the client, behind whatever it is to be told before.
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
            // Before the client is told: it may end by that, and then nothing is kept.
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

    /// Sends what the client takes of the page; the rest waits until it has read that.
    private func sendPage() {
        guard self.hasPage, !self.isSendingPage else { return }
        self.isSendingPage = true
        defer { self.isSendingPage = false }
        while self.hasPage, !self.isPaced, self.window?.room != 0, let owner, owner.isWritable,
            let part = self.takePart()
        {
            // Told before it is sent: whoever is sent it may ask how far it is.
            self.machine.sent(upTo: part.end, isEmpty: part.entries.isEmpty)
            if !part.entries.isEmpty { self.send(part.entries, to: owner) }
            if let last = part.entries.last { self.probe(behind: part.entries.count, upTo: last.position) }
            if self.rate != nil { self.pause(for: part.entries.count) }
        }
        guard self.hasPage, self.page.isEmpty, self.owner != nil else { return }
        self.hasPage = false
        switch self.machine.pageSent() {
        case .ignore:
            break
        case .read(let position):
            // A log in memory is read at once: without a pause a long one would fill the stack and hold the loop.
            self.eventLoop.assumeIsolated().scheduleTask(in: Self.yieldTime) { self.readLog(after: position) }
        case .goLive:
            self.owner?.caughtUp()
        }
    }

    private func tellIfLive() {
        guard self.machine.isLive else { return }
        // An owner that has no use for this any more ends it by that, and would not hear what waits to be told.
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

    /// Leaves the client the time that so many events are to take.
    private func pause(for count: Int) {
        guard let rate, count > 0 else { return }
        self.isPaced = true
        self.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(1_000_000_000 * Int64(count) / Int64(rate))) {
            self.isPaced = false
            self.sendPage()
        }
    }

    /// What is sent at once, and where it ends: at a rate, what is due in a twentieth of a second.
    private func takePart() -> (entries: [LogEntry], end: Position)? {
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
        return end.map { (entries, $0) }
    }
}

@available(*, unavailable)
extension Delivery: Sendable {}
