// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SeededRandom
import Shared
import Testing

@testable import Egress

/// Going on from a position: what is read, what is told, and where the feed takes over.
@Suite struct DeliveryStateMachineTests {
    private static func page(_ offsets: ClosedRange<UInt64>?, head: UInt64) -> LogPage {
        .entries(offsets.map { $0.map { LogEntry.sample($0) } } ?? [], head: .sample(head))
    }

    private static let other = Position(epoch: Epoch(rawValue: 8), offset: 3)

    /// Who asks for nothing gets what comes, and of a round that was under way the rest.
    @Test func live() {
        var machine = DeliveryStateMachine(start: .sample(5))
        #expect(machine.begin(nil) == [])
        #expect(machine.roundReceived(first: 4, end: .sample(5)) == .ignore)
        #expect(machine.roundReceived(first: 4, end: .sample(7)) == .deliver(after: 5))
        #expect(machine.roundReceived(first: 8, end: .sample(9)) == .deliver(after: nil))
        #expect(machine.roundReceived(first: 8, end: .sample(9)) == .ignore)
        machine.ended()
        #expect(machine.roundReceived(first: 10, end: .sample(10)) == .ignore)
    }

    /// What was there before a client began with what comes is not what it was sent.
    @Test func sentNothing() {
        var machine = DeliveryStateMachine(start: .sample(5))
        #expect(machine.begin(nil) == [])
        #expect(machine.position == .sample(5) && machine.sentPosition == nil)
        #expect(machine.roundReceived(first: 6, end: .sample(6)) == .deliver(after: nil))
        #expect(machine.sentPosition == .sample(6) && machine.repeatedPosition == nil)
    }

    /// A client is nowhere until it was told where it begins; then it is where what is for it was sent.
    @Test func reached() {
        var machine = DeliveryStateMachine(start: .sample(5))
        #expect(machine.begin(.after(.sample(2))) == [.read(after: .sample(2))])
        #expect(machine.position == .sample(2) && machine.reachedPosition == nil)
        _ = machine.pageRead(Self.page(3...5, head: 5))
        #expect(machine.reachedPosition == .sample(2))
        machine.sent(upTo: .sample(4))
        #expect(machine.reachedPosition == .sample(4))
        machine.sent(upTo: .sample(5), isEmpty: true)
        #expect(machine.pageSent() == [] && machine.reachedPosition == .sample(5))
        #expect(machine.roundReceived(first: 6, end: .sample(7)) == .deliver(after: nil))
        #expect(machine.reachedPosition == .sample(7))
    }

    /// A backlog that ends where the client joined was sent all the same, and would be sent again.
    @Test func sentTheBacklog() {
        var machine = DeliveryStateMachine(start: .sample(2))
        #expect(machine.begin(.backlog(nil)) == [.read(after: nil)])
        #expect(machine.pageRead(Self.page(1...2, head: 2)).last == .send)
        #expect(machine.sentPosition == nil && machine.repeatedPosition == nil)
        machine.sent(upTo: .sample(2))
        #expect(machine.pageSent() == [])
        #expect(machine.sentPosition == .sample(2) && machine.repeatedPosition == .sample(2))
    }

    /// What is older than a client asked for is not sent, and not had.
    @Test func passedOver() {
        var machine = DeliveryStateMachine(start: .sample(2))
        #expect(machine.begin(.backlog(nil)) == [.read(after: nil)])
        _ = machine.pageRead(Self.page(1...2, head: 2))
        machine.sent(upTo: .sample(2), isEmpty: true)
        #expect(machine.pageSent() == [])
        #expect(machine.position == .sample(2) && machine.sentPosition == nil)
    }

    /// A loss that a client was told of is not told to the next one.
    @Test func lossIsToldOnce() {
        var machine = DeliveryStateMachine(start: .sample(5))
        #expect(machine.begin(.backlog(.sample(1))) == [.read(after: .sample(1))])
        #expect(machine.pageRead(.notRecoverable(.trimmed, head: .sample(5))) == [.read(after: nil)])
        let actions = machine.pageRead(Self.page(nil, head: 5))
        #expect(actions == [.announce(.lost(.trimmed, position: .sample(5))), .send])
        #expect(machine.sentPosition == .sample(5))
    }

    /// What was missed is read, and what comes meanwhile is read in its turn; then the feed takes over without a gap.
    @Test func resumes() {
        var machine = DeliveryStateMachine(start: .sample(5))
        #expect(machine.begin(.after(.sample(2))) == [.read(after: .sample(2))])
        #expect(machine.roundReceived(first: 6, end: .sample(6)) == .ignore)
        #expect(
            machine.pageRead(Self.page(3...4, head: 6)) == [.announce(.recovered(from: .sample(2))), .send]
        )
        machine.sent(upTo: .sample(4))
        #expect(machine.pageSent() == [.read(after: .sample(4))])
        #expect(machine.pageRead(Self.page(5...7, head: 7)) == [.send])
        #expect(!machine.isLive)
        machine.sent(upTo: .sample(7))
        #expect(machine.pageSent() == [])
        #expect(machine.isLive)
        // The log was ahead of the feed.
        #expect(machine.roundReceived(first: 7, end: .sample(8)) == .deliver(after: 7))
    }

    /// Who has had everything is told so, and is live.
    @Test func nothingMissed() {
        var machine = DeliveryStateMachine(start: .sample(5))
        #expect(machine.begin(.after(.sample(5))) == [.read(after: .sample(5))])
        #expect(machine.pageRead(Self.page(nil, head: 5)) == [.announce(.recovered(from: .sample(5))), .send])
        #expect(machine.pageSent() == [])
        #expect(machine.roundReceived(first: 6, end: .sample(6)) == .deliver(after: nil))
    }

    /// What is not to be had is told with the reason, nothing is replayed in part, and what came since the client joined
    /// is not lost with it.
    @Test(arguments: UnrecoverableReason.allCases)
    func losses(reason: UnrecoverableReason) {
        let lost = Recovery.lost(Recovery.Reason(reason), position: .sample(5))
        var machine = DeliveryStateMachine(start: .sample(5))
        _ = machine.begin(.after(Self.other))
        #expect(machine.pageRead(.notRecoverable(reason, head: .sample(5))) == [.announce(lost)])
        #expect(machine.roundReceived(first: 6, end: .sample(6)) == .deliver(after: nil))

        machine = DeliveryStateMachine(start: .sample(5))
        _ = machine.begin(.after(Self.other))
        #expect(machine.roundReceived(first: 6, end: .sample(7)) == .ignore)
        #expect(
            machine.pageRead(.notRecoverable(reason, head: .sample(7)))
                == [.announce(lost), .read(after: .sample(5))]
        )
        // It was told already that it does not go on from where it was.
        #expect(machine.pageRead(Self.page(6...7, head: 7)) == [.send])
        machine.sent(upTo: .sample(7))
        #expect(machine.pageSent() == [])
        #expect(machine.isLive)
    }

    /// A client of a consumer goes on behind what that has had; one that is up to date, or ahead of this node, reads nothing.
    @Test func backlog() {
        var machine = DeliveryStateMachine(start: .sample(5))
        #expect(machine.begin(.backlog(.sample(2))) == [.read(after: .sample(2))])
        #expect(machine.position == .sample(2))
        #expect(machine.pageRead(Self.page(3...5, head: 5)) == [.announce(.recovered(from: .sample(2))), .send])
        machine.sent(upTo: .sample(5))
        #expect(machine.pageSent() == [])
        #expect(machine.isLive)

        for offset: UInt64 in [5, 7] {
            machine = DeliveryStateMachine(start: .sample(5))
            #expect(machine.begin(.backlog(.sample(offset))) == [.announce(.recovered(from: .sample(offset)))])
            #expect(machine.roundReceived(first: 6, end: .sample(8)) == .deliver(after: offset == 5 ? nil : offset))
        }
    }

    /// A consumer that has had nothing begins with the oldest event that is left.
    @Test func backlogFromTheOldest() {
        var machine = DeliveryStateMachine(start: .sample(5))
        #expect(machine.begin(.backlog(nil)) == [.read(after: nil)])
        #expect(machine.position == nil)
        #expect(machine.pageRead(Self.page(3...4, head: 5)) == [.announce(.recovered(from: .sample(2))), .send])
        machine.sent(upTo: .sample(4))
        #expect(machine.pageSent() == [.read(after: .sample(4))])

        machine = DeliveryStateMachine(start: .sample(0))
        #expect(machine.begin(.backlog(nil)) == [.announce(.recovered(from: .sample(0)))])
        #expect(machine.isLive)

        // All of it has aged out.
        machine = DeliveryStateMachine(start: .sample(5))
        _ = machine.begin(.backlog(nil))
        #expect(machine.pageRead(Self.page(nil, head: 5)) == [.announce(.recovered(from: .sample(5))), .send])
        #expect(machine.pageSent() == [])
        #expect(machine.isLive)
    }

    /// A consumer that was away for too long is told what it lost, and gets what is left.
    @Test func backlogWithLosses() {
        var machine = DeliveryStateMachine(start: .sample(9))
        #expect(machine.begin(.backlog(.sample(2))) == [.read(after: .sample(2))])
        #expect(machine.pageRead(.notRecoverable(.trimmed, head: .sample(9))) == [.read(after: nil)])
        #expect(
            machine.pageRead(Self.page(7...9, head: 9)) == [.announce(.lost(.trimmed, position: .sample(6))), .send]
        )

        machine = DeliveryStateMachine(start: .sample(9))
        #expect(machine.begin(.backlog(Self.other)) == [.read(after: nil)])
        #expect(
            machine.pageRead(Self.page(1...9, head: 9)) == [
                .announce(.lost(.epochChanged, position: .sample(0))), .send,
            ]
        )

        machine = DeliveryStateMachine(start: .sample(0))
        #expect(machine.begin(.backlog(Self.other)) == [.announce(.lost(.epochChanged, position: .sample(0)))])
        #expect(machine.isLive)
    }

    /// What is no position is told, and the client gets what comes.
    @Test func unreadable() {
        var machine = DeliveryStateMachine(start: .sample(5))
        #expect(machine.begin(.unreadable) == [.announce(.lost(.badPosition, position: .sample(5)))])
        #expect(machine.roundReceived(first: 6, end: .sample(6)) == .deliver(after: nil))
    }

    /// A log that is trimmed while it is read, or ends before what the feed has brought, is told as a gap; what is left
    /// is sent, to who came with a position as well.
    @Test func lossesOnTheWay() {
        var machine = DeliveryStateMachine(start: .sample(5))
        _ = machine.begin(.after(.sample(2)))
        _ = machine.pageRead(Self.page(3...4, head: 5))
        machine.sent(upTo: .sample(4))
        _ = machine.pageSent()
        #expect(machine.roundReceived(first: 6, end: .sample(9)) == .ignore)
        #expect(machine.pageRead(.notRecoverable(.trimmed, head: .sample(9))) == [.read(after: nil)])
        let gap = Recovery.lost(.trimmed, position: .sample(6))
        #expect(machine.pageRead(Self.page(7...9, head: 9)) == [.announce(gap), .send])
        machine.sent(upTo: .sample(9))
        #expect(machine.pageSent() == [])
        #expect(machine.roundReceived(first: 10, end: .sample(10)) == .deliver(after: nil))

        machine = DeliveryStateMachine(start: .sample(5))
        _ = machine.begin(.after(.sample(2)))
        #expect(machine.roundReceived(first: 6, end: .sample(9)) == .ignore)
        let tooLate = Recovery.lost(.trimmed, position: .sample(5))
        #expect(
            machine.pageRead(.notRecoverable(.trimmed, head: .sample(9)))
                == [.announce(tooLate), .read(after: .sample(5))]
        )
        // Nor does what came since it joined go with what was too old.
        #expect(machine.pageRead(.notRecoverable(.trimmed, head: .sample(9))) == [.read(after: nil)])
        #expect(machine.pageRead(Self.page(7...9, head: 9)) == [.announce(gap), .send])

        machine = DeliveryStateMachine(start: .sample(5))
        _ = machine.begin(.after(.sample(4)))
        let end = Recovery.lost(.trimmed, position: .sample(4))
        #expect(machine.pageRead(Self.page(nil, head: 4)) == [.announce(end)])
        #expect(machine.isLive)
    }

    /// A consumer whose log is trimmed while it is behind is told, and gets what is left.
    @Test func backlogTrimmedOnTheWay() {
        var machine = DeliveryStateMachine(start: .sample(5))
        _ = machine.begin(.backlog(nil))
        _ = machine.pageRead(Self.page(1...2, head: 5))
        machine.sent(upTo: .sample(2))
        #expect(machine.pageSent() == [.read(after: .sample(2))])
        #expect(machine.pageRead(.notRecoverable(.trimmed, head: .sample(9))) == [.read(after: nil)])
        #expect(
            machine.pageRead(Self.page(7...9, head: 9)) == [.announce(.lost(.trimmed, position: .sample(6))), .send]
        )
        machine.sent(upTo: .sample(9))
        #expect(machine.pageSent() == [])
        #expect(machine.roundReceived(first: 10, end: .sample(10)) == .deliver(after: nil))
    }

    /// Who was away for too long with a position of its own, and wants what is left, gets it; of whatever log it is.
    @Test(arguments: [UnrecoverableReason.trimmed, .epochChanged, .ahead])
    func behindTooOldAPosition(reason: UnrecoverableReason) {
        var machine = DeliveryStateMachine(start: .sample(9))
        #expect(machine.begin(.behind(.sample(2))) == [.read(after: .sample(2))])
        #expect(machine.pageRead(.notRecoverable(reason, head: .sample(9))) == [.read(after: nil)])
        let gap = Recovery.lost(Recovery.Reason(reason), position: .sample(6))
        #expect(machine.pageRead(Self.page(7...9, head: 9)) == [.announce(gap), .send])
    }

    /// A page that was read before an event came by the feed does not say that the event is lost.
    @Test func pagesMayBeOlderThanRounds() {
        var machine = DeliveryStateMachine(start: .sample(5))
        _ = machine.begin(.after(.sample(5)))
        #expect(machine.roundReceived(first: 6, end: .sample(6)) == .ignore)
        #expect(machine.pageRead(Self.page(nil, head: 5)) == [.announce(.recovered(from: .sample(5))), .send])
        #expect(machine.pageSent() == [.read(after: .sample(5))])
        #expect(machine.pageRead(Self.page(6...6, head: 6)) == [.send])
        machine.sent(upTo: .sample(6))
        #expect(machine.pageSent() == [])
        #expect(machine.isLive)
    }

    /// An interruption of the feed is told at once to who is live, and to who reads if the log is another one now.
    @Test func interruptions() {
        var machine = DeliveryStateMachine(start: .sample(5))
        _ = machine.begin(nil)
        let changed = Recovery.lost(.epochChanged, position: Self.other)
        #expect(machine.interrupted(.epochChanged, head: Self.other) == [.announce(changed)])
        #expect(
            machine.roundReceived(first: 4, end: Position(epoch: Self.other.epoch, offset: 4)) == .deliver(after: nil)
        )

        machine = DeliveryStateMachine(start: .sample(5))
        _ = machine.begin(.after(.sample(2)))
        #expect(machine.interrupted(.trimmed, head: .sample(9)) == [])
        _ = machine.pageRead(Self.page(3...6, head: 9))
        machine.sent(upTo: .sample(6))
        // The log itself has to say what it has not.
        #expect(machine.pageSent() == [.read(after: .sample(6))])
        #expect(machine.interrupted(.epochChanged, head: Self.other) == [.announce(changed)])
        #expect(machine.isLive)
        #expect(machine.pageRead(Self.page(7...9, head: 9)) == [])
    }

    /// Nothing happens after the end.
    @Test func afterTheEnd() {
        var machine = DeliveryStateMachine(start: .sample(5))
        _ = machine.begin(.after(.sample(2)))
        machine.ended()
        #expect(machine.pageRead(Self.page(3...4, head: 5)) == [])
        #expect(machine.pageSent() == [])
        #expect(machine.interrupted(.trimmed, head: .sample(9)) == [])
        #expect(machine.roundReceived(first: 6, end: .sample(6)) == .ignore)
    }

    /// Whatever order rounds, pages, trimming and interruptions come in: no repeat, and no gap that was not told.
    @Test func anyOrder() {
        var seed = SeededRandom(for: "DeliveryStateMachineTests.anyOrder")
        let end = ContinuousClock.now + .seconds(1)
        while ContinuousClock.now < end {
            var model = DeliveryModel(using: &seed)
            for _ in 0..<60 { model.step(using: &seed) }
            model.settle()
            guard model.gaps == 0, model.repeats == 0, model.isComplete else {
                Issue.record("\(model.gaps) gaps, \(model.repeats) repeats, \(seed)")
                return
            }
        }
    }
}

/// A log that is trimmed, its feed, and a client of it.
private struct DeliveryModel {
    private var machine: DeliveryStateMachine
    /// What was published, what is retained, and what the feed has posted.
    private var head: UInt64 = 10
    private var first: UInt64 = 1
    private var posted: UInt64 = 10
    /// The last that the client has had, or was told that it goes on behind.
    private var last: UInt64
    private var page: [UInt64] = []
    private var isSending = false
    /// Nil from the oldest on.
    private var reads: [UInt64?] = []
    private(set) var gaps = 0
    private(set) var repeats = 0

    init(using seed: inout SeededRandom) {
        self.machine = DeliveryStateMachine(start: .sample(10))
        switch Int.random(in: 0..<5, using: &seed) {
        case 0:
            self.last = 10
            self.run(self.machine.begin(nil))
        case 1:
            self.last = 10
            self.run(self.machine.begin(.unreadable))
        case 2:
            self.last = UInt64.random(in: 0...12, using: &seed)
            self.run(self.machine.begin(.behind(.sample(self.last))))
        default:
            // Some are ahead of the log.
            self.last = UInt64.random(in: 0...12, using: &seed)
            self.run(self.machine.begin(.after(.sample(self.last))))
        }
    }

    mutating func step(using seed: inout SeededRandom) {
        switch Int.random(in: 0..<6, using: &seed) {
        case 0, 1: self.head += UInt64.random(in: 1...3, using: &seed)
        case 2: self.post(upTo: UInt64.random(in: self.posted...self.head, using: &seed))
        case 3: self.first = min(self.head + 1, self.first + UInt64.random(in: 0...4, using: &seed))
        case 4: self.read()
        default: self.send(upTo: Int.random(in: 0...2, using: &seed))
        }
    }

    /// Everything that is under way comes to its end.
    mutating func settle() {
        for _ in 0..<1_000 {
            self.read()
            self.send(upTo: 2)
            self.post(upTo: self.head)
        }
    }

    var isComplete: Bool { self.machine.isLive && self.last == self.head }

    private mutating func post(upTo end: UInt64) {
        guard end > self.posted else { return }
        let first = self.posted + 1
        self.posted = end
        if case .deliver(let after) = self.machine.roundReceived(first: first, end: .sample(end)) {
            for offset in max(first, (after ?? 0) + 1)...end { self.deliver(offset) }
        }
    }

    private mutating func read() {
        guard !self.reads.isEmpty else { return }
        let position = self.reads.removeFirst() ?? self.first - 1
        if position > self.head {
            self.run(self.machine.pageRead(.notRecoverable(.ahead, head: .sample(self.head))))
        } else if position + 1 < self.first {
            self.run(self.machine.pageRead(.notRecoverable(.trimmed, head: .sample(self.head))))
        } else {
            let end = min(self.head, position + 3)
            self.page = position < end ? Array(position + 1...end) : []
            self.run(
                self.machine.pageRead(.entries(self.page.map { LogEntry.sample($0) }, head: .sample(self.head)))
            )
        }
    }

    private mutating func send(upTo count: Int) {
        guard self.isSending else { return }
        for offset in self.page.prefix(count) {
            self.deliver(offset)
            self.machine.sent(upTo: .sample(offset))
        }
        self.page = Array(self.page.dropFirst(count))
        guard self.page.isEmpty else { return }
        self.isSending = false
        self.run(self.machine.pageSent())
    }

    private mutating func run(_ actions: [DeliveryStateMachine.Action]) {
        for action in actions {
            switch action {
            case .announce(let recovery): self.last = recovery.position.offset
            case .read(let position): self.reads.append(position?.offset)
            case .send: self.isSending = true
            }
        }
    }

    private mutating func deliver(_ offset: UInt64) {
        if offset <= self.last { self.repeats += 1 }
        if offset > self.last + 1 { self.gaps += 1 }
        self.last = offset
    }
}
