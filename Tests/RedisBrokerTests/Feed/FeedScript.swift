// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared

@testable import RedisBroker

/// An event without bytes: `A-3` is the third of epoch A, stored at time 3 unless another is given.
struct TestElement: FeedElement, Hashable {
    var mark: FeedMark
    var size = 1
    var isComplete = true

    init(_ position: Position, time: UInt64? = nil, size: Int = 1, isComplete: Bool = true) {
        self.mark = FeedMark(position: position, time: time ?? position.offset)
        self.size = size
        self.isComplete = isComplete
    }
}

/// Tells a machine what happens, and writes down what it wants.
struct FeedScript {
    typealias Machine = FeedStateMachine<TestElement>

    static let a = Epoch(rawValue: 0xA)
    static let b = Epoch(rawValue: 0xB)

    var machine: Machine
    /// The read that is under way.
    var read: Machine.Read?

    init(bounds: Machine.Bounds = .init()) {
        self.machine = Machine(bounds: bounds)
    }

    /// A script of a feed that is on, behind the offset.
    static func live(at offset: UInt64, bounds: Machine.Bounds = .init()) -> FeedScript {
        var script = FeedScript(bounds: bounds)
        _ = script.subscribed()
        _ = script.page(head: offset)
        return script
    }

    mutating func subscribed() -> [String] {
        self.machine.subscribed()
        return self.drain()
    }

    mutating func subscriptionLost() -> [String] {
        self.machine.subscriptionLost()
        return self.drain()
    }

    mutating func pushed(_ offsets: UInt64..., epoch: Epoch = a) -> [String] {
        offsets.flatMap { self.pushed(TestElement(Position(epoch: epoch, offset: $0))) }
    }

    mutating func pushed(_ element: TestElement) -> [String] {
        self.machine.pushed(element)
        return self.drain()
    }

    /// Answers the read: with a change or not, with the events of these offsets, and with the log's head.
    mutating func page(
        _ offsets: [UInt64] = [],
        _ change: UnrecoverableReason? = nil,
        behind start: UInt64 = 0,
        epoch: Epoch = a,
        head: UInt64,
        headTime: UInt64? = nil
    ) -> [String] {
        guard let read = self.read.take() else { return ["there is no read to answer"] }
        let page = Machine.Page(
            change: change,
            start: Position(epoch: epoch, offset: start),
            elements: offsets.map { TestElement(Position(epoch: epoch, offset: $0)) },
            head: FeedMark(position: Position(epoch: epoch, offset: head), time: headTime ?? head)
        )
        self.machine.pageRead(page, for: read)
        return self.drain()
    }

    mutating func readFailed() -> Bool {
        guard let read = self.read.take() else { return false }
        return self.machine.readFailed(read)
    }

    /// What the machine wants now.
    mutating func drain() -> [String] {
        var actions: [String] = []
        while let action = self.machine.next() {
            switch action {
            case .start(let position): actions.append("start \(position)")
            case .deliver(let element): actions.append("deliver \(element.mark.position)")
            case .interrupt(let reason, let head): actions.append("interrupt \(reason) \(head)")
            case .read(let mark, let cause, let read):
                self.read = read
                let after = mark.map { "\($0.position)@\($0.time)" } ?? "nothing"
                actions.append("read after \(after): \(cause)")
            }
        }
        return actions
    }
}
