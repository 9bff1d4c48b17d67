// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import DequeModule
import SeededRandom
import Shared
import Testing

@testable import RedisBroker

/// The feed's machine and a store that does everything Redis may do, in random order: whatever happens, nothing that the
/// store still has is missed, nothing comes twice, and nothing is lost without a word.
@Suite(.timeLimit(.minutes(2))) struct FeedSimulationTests {
    @Test func nothingIsMissedWhateverHappens() {
        var random = SeededRandom(for: "FeedSimulationTests.nothingIsMissedWhateverHappens")
        let end = ContinuousClock.now + .seconds(2)
        var histories = 0
        while ContinuousClock.now < end {
            var world = World(random: SeededRandom(seed: random.next()))
            world.run(steps: 300)
            world.settle()
            if let failure = world.failure() {
                Issue.record("\(failure)\n\(world.history.joined(separator: "\n"))")
                return
            }
            histories += 1
        }
        #expect(histories > 50)
    }
}

/// A store, a subscription, and a feed.
private struct World {
    typealias Machine = FeedStateMachine<TestElement>

    private enum Output {
        case deliver(TestElement)
        case interrupt(Position)
    }

    private struct PendingRead {
        var mark: FeedMark?
        var read: Machine.Read
        /// Present once the store has answered, with the time of that.
        var page: Machine.Page?
        var time: UInt64 = 0
    }

    private var random: SeededRandom
    private(set) var history: [String] = []

    // The store.
    private var now: UInt64 = 1
    private var epoch = Epoch(rawValue: 1)
    private var lastEpoch: UInt64 = 1
    private var log: [TestElement] = []
    private var head = FeedMark(position: Position(epoch: Epoch(rawValue: 1), offset: 0), time: 0)

    /// Where the publisher's last event went.
    private var published: Position?

    // Between the two.
    private var isSubscribed = false
    private var isConfirmed = false
    private var pushes: Deque<TestElement> = []
    private var reads: [PendingRead] = []

    // The feed.
    private var machine = Machine(bounds: Machine.Bounds(count: 4, bytes: 12))
    private var isPaused = false
    private var needsRetry = false
    private var startTime: UInt64?
    private var start: Position?
    private var outputs: [Output] = []

    init(random: SeededRandom) {
        self.random = random
    }

    mutating func run(steps: Int) {
        for _ in 0..<steps {
            self.step(Int.random(in: 0..<100, using: &self.random))
            self.drain()
        }
    }

    private mutating func step(_ choice: Int) {
        switch choice {
        case 0..<30: self.publish()
        case 30..<55: self.push()
        case 55..<70: self.answer()
        case 70..<72: self.lose()
        case 72..<76: self.disconnect()
        case 76..<84: self.connect()
        case 84..<86: self.flush()
        case 86..<88: self.goBack()
        case 88..<90: self.trim()
        case 90..<92: self.failRead()
        case 92..<94: self.retry()
        case 94..<96: self.pause()
        case 96..<98: self.resume()
        default: self.check()
        }
    }

    /// Lets everything come to rest, with every connection up.
    mutating func settle() {
        self.note("settle")
        // A loss that no feed can know of is found by the next publication.
        self.publish()
        self.connect()
        self.resume()
        for _ in 0..<3 {
            self.check()
            self.drain()
            for _ in 0..<200 {
                self.connect()
                self.push()
                self.answer()
                self.retry()
                self.resume()
                self.drain()
            }
        }
    }

    /// What is wrong, if anything.
    func failure() -> String? {
        guard let start, let startTime else { return "the feed never began" }
        var position = start
        var times: Set<UInt64> = []
        var interruptions = 0
        for output in self.outputs {
            switch output {
            case .interrupt(let head):
                position = head
                interruptions += 1
            case .deliver(let element):
                let expected = Position(epoch: position.epoch, offset: position.offset + 1)
                guard element.mark.position == expected else { return "\(element.mark.position) behind \(position)" }
                guard times.insert(element.mark.time).inserted else { return "\(element.mark) comes twice" }
                position = expected
            }
        }
        for element in self.log where element.mark.time > startTime && !times.contains(element.mark.time) {
            return "\(element.mark) is missed"
        }
        // Each event has a time of its own, one more than the last.
        if interruptions == 0, times.count < self.now - startTime { return "events were lost without a word" }
        if position != self.head.position { return "the feed ends at \(position), the log at \(self.head.position)" }
        return nil
    }

    private mutating func note(_ text: String) {
        self.history.append(text)
    }

    // MARK: The store

    private mutating func publish() {
        self.now += 1
        // What the script `publish` does for a publisher that knows better.
        if let known = self.published, known.epoch == self.epoch, known.offset > self.head.position.offset {
            self.rename()
        }
        let offset = self.head.position.offset + 1
        let isComplete = Int.random(in: 0..<10, using: &self.random) > 0
        let size = Int.random(in: 1...6, using: &self.random)
        let element = TestElement(Position(epoch: self.epoch, offset: offset), time: self.now, size: size)
        self.note("publish \(element.mark)")
        self.log.append(element)
        self.head = element.mark
        self.published = element.mark.position
        var push = element
        push.isComplete = isComplete
        if self.isSubscribed { self.pushes.append(push) }
    }

    private mutating func flush() {
        self.rename()
        self.note("flush: \(self.epoch)")
        self.log = []
        self.head = FeedMark(position: Position(epoch: self.epoch, offset: 0), time: 0)
    }

    private mutating func rename() {
        self.lastEpoch += 1
        self.epoch = Epoch(rawValue: self.lastEpoch)
        for index in self.log.indices { self.log[index].mark.position.epoch = self.epoch }
        self.head.position.epoch = self.epoch
    }

    private mutating func goBack() {
        let count = Int.random(in: 0...self.log.count, using: &self.random)
        guard count > 0 else { return }
        self.log.removeSubrange(count...)
        self.head = self.log[count - 1].mark
        self.note("go back to \(self.head)")
        // What restores an older copy also ends the connections.
        if Int.random(in: 0..<4, using: &self.random) > 0 { self.disconnect() }
    }

    private mutating func trim() {
        self.log.removeFirst(Int.random(in: 0...self.log.count, using: &self.random))
        self.note("trim to \(self.log.first.map { "\($0.mark)" } ?? "nothing")")
    }

    /// What the script `read` does.
    private mutating func read(after mark: FeedMark?) -> Machine.Page {
        guard let mark else {
            return Machine.Page(change: nil, start: self.head.position, elements: [], head: self.head)
        }
        var change: UnrecoverableReason?
        let first = self.log.first?.mark.position.offset ?? self.head.position.offset + 1
        let stored = self.log.first { $0.mark.position.offset == mark.position.offset }?.mark ?? self.head
        if mark.position.epoch != self.epoch {
            change = .epochChanged
        } else if mark.position.offset > self.head.position.offset
            || (stored.position.offset == mark.position.offset && stored.time != mark.time)
        {
            change = .epochChanged
            self.rename()
        } else if mark.position.offset + 1 < first {
            change = .trimmed
        }
        var start = mark.position.offset
        switch change {
        case .trimmed: start = first - 1
        case .epochChanged:
            start =
                (self.log.first { $0.mark.time > mark.time }?.mark.position.offset ?? self.head.position.offset + 1) - 1
        default: break
        }
        let elements = self.log.filter { $0.mark.position.offset > start }.prefix(3)
        return Machine.Page(
            change: change,
            start: Position(epoch: self.epoch, offset: start),
            elements: Array(elements),
            head: self.head
        )
    }

    // MARK: Between

    private mutating func push() {
        guard self.isConfirmed, let element = self.pushes.popFirst() else { return }
        self.note("push \(element.mark)")
        self.machine.pushed(element)
    }

    private mutating func lose() {
        guard self.isConfirmed, let element = self.pushes.popFirst() else { return }
        self.note("lose \(element.mark)")
    }

    private mutating func disconnect() {
        guard self.isSubscribed else { return }
        self.note("disconnect")
        self.isSubscribed = false
        self.isConfirmed = false
        self.pushes = []
        self.machine.subscriptionLost()
    }

    /// Subscribes; the confirmation comes later, in front of what is pushed.
    private mutating func connect() {
        if !self.isSubscribed {
            self.note("connect")
            self.isSubscribed = true
        } else if !self.isConfirmed {
            self.note("confirm")
            self.isConfirmed = true
            self.machine.subscribed()
        }
    }

    /// The store answers a read, or an answer arrives.
    private mutating func answer() {
        guard let index = self.reads.indices.randomElement(using: &self.random) else { return }
        if let page = self.reads[index].page {
            let read = self.reads.remove(at: index)
            self.note("answer arrives: \(page)")
            if read.mark == nil, self.start == nil { self.startTime = read.time }
            self.machine.pageRead(page, for: read.read)
        } else {
            let page = self.read(after: self.reads[index].mark)
            self.note("answer: \(page)")
            self.reads[index].page = page
            self.reads[index].time = self.now
        }
    }

    private mutating func failRead() {
        guard let index = self.reads.indices.randomElement(using: &self.random) else { return }
        self.note("read fails")
        let isToRetry = self.machine.readFailed(self.reads.remove(at: index).read)
        self.needsRetry = self.needsRetry || isToRetry
    }

    private mutating func retry() {
        guard self.needsRetry else { return }
        self.needsRetry = false
        self.machine.retryDue()
    }

    private mutating func check() {
        self.machine.checkDue()
    }

    // MARK: The feed

    private mutating func pause() {
        self.note("pause")
        self.isPaused = true
        self.machine.pause()
    }

    private mutating func resume() {
        guard self.isPaused else { return }
        self.note("resume")
        self.isPaused = false
        self.machine.resume()
    }

    private mutating func drain() {
        while let action = self.machine.next() {
            self.note("  \(action)")
            switch action {
            case .start(let position):
                self.start = position
            case .deliver(let element):
                self.outputs.append(.deliver(element))
                // Now and then a receiver is behind.
                if Int.random(in: 0..<20, using: &self.random) == 0 { self.pause() }
            case .interrupt(_, let head):
                self.outputs.append(.interrupt(head))
            case .read(let mark, _, let read):
                self.reads.append(PendingRead(mark: mark, read: read))
            }
        }
    }
}
