// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import SeededRandom
import Shared

@testable import Egress

/// A log that is trimmed, its feed, and a client of it.
struct DeliveryModel {
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
            self.begin(nil)
        case 1:
            self.last = 10
            self.begin(.unreadable)
        case 2:
            self.last = UInt64.random(in: 0...12, using: &seed)
            self.begin(.behind(.sample(self.last)))
        default:
            // Some are ahead of the log.
            self.last = UInt64.random(in: 0...12, using: &seed)
            self.begin(.after(.sample(self.last)))
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
            self.pageRead(.notRecoverable(.ahead, head: .sample(self.head)))
        } else if position + 1 < self.first {
            self.pageRead(.notRecoverable(.trimmed, head: .sample(self.head)))
        } else {
            let end = min(self.head, position + 3)
            let page = position < end ? Array(position + 1...end) : []
            self.pageRead(.entries(page.map { LogEntry.sample($0) }, head: .sample(self.head)))
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
        switch self.machine.pageSent() {
        case .ignore, .goLive: break
        case .read(let position): self.reads.append(position?.offset)
        }
    }

    private mutating func begin(_ resumption: DeliveryStateMachine.Resumption?) {
        switch self.machine.begin(resumption) {
        case .nothing: break
        case .announce(let recovery): self.told(recovery)
        case .read(let position): self.reads.append(position?.offset)
        }
    }

    private mutating func pageRead(_ page: LogPage) {
        switch self.machine.pageRead(page) {
        case .ignore: break
        case .announce(let recovery): self.told(recovery)
        case .read(let recovery, let position):
            if let recovery { self.told(recovery) }
            self.reads.append(position?.offset)
        case .send(let recovery, let entries):
            if let recovery { self.told(recovery) }
            self.page = entries.map(\.position.offset)
            self.isSending = true
        }
    }

    private mutating func told(_ recovery: Recovery) {
        self.last = recovery.position.offset
    }

    private mutating func deliver(_ offset: UInt64) {
        if offset <= self.last { self.repeats += 1 }
        if offset > self.last + 1 { self.gaps += 1 }
        self.last = offset
    }
}
