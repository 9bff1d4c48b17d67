// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Synchronization

/// The state of one connection, readable from any thread.
final class RedisStatus: Sendable {
    enum State: Equatable, Sendable {
        /// The first connection is being made.
        case connecting
        /// It does its work.
        case ready
        /// It is up, but a command has waited for too long.
        case stalled
        /// It is up, and the server refuses all work.
        case refusing(RedisError)
        /// It is lost, or could not be made.
        case lost(RedisLoss)

        fileprivate var isTrouble: Bool {
            switch self {
            case .connecting, .ready: false
            case .stalled, .refusing: true
            case .lost(let loss): loss.reason != .notStarted
            }
        }
    }

    private let state: Mutex<State>
    private let takesCommands = Atomic<Bool>(false)
    private let refuses = Atomic<Bool>(false)
    /// When it was last known to be in trouble, in nanoseconds of `NIODeadline`; 0 for never.
    private let lastTrouble = Atomic<UInt64>(0)

    init() {
        self.state = Mutex(.lost(RedisLoss(.notStarted)))
    }

    /// Whether commands can be sent. Cheaper than `current`.
    var isConnected: Bool { self.takesCommands.load(ordering: .acquiring) }

    /// Whether commands can be sent, and are refused. Cheaper than `current`.
    var isRefusing: Bool { self.refuses.load(ordering: .acquiring) }

    var current: State { self.state.withLock { $0 } }

    /// Whether it is in trouble, or was within a time.
    func isTroubled(within time: TimeAmount, now: NIODeadline) -> Bool {
        if self.current.isTrouble { return true }
        let last = self.lastTrouble.load(ordering: .acquiring)
        return last > 0 && now - .uptimeNanoseconds(last) < time
    }

    func become(_ state: State) {
        let previous = self.state.withLock { current in
            defer { current = state }
            return current
        }
        if previous.isTrouble {
            self.lastTrouble.store(NIODeadline.now().uptimeNanoseconds, ordering: .releasing)
        }
        let isConnected =
            switch state {
            case .ready, .stalled, .refusing: true
            case .connecting, .lost: false
            }
        self.takesCommands.store(isConnected, ordering: .releasing)
        let isRefusing = if case .refusing = state { true } else { false }
        self.refuses.store(isRefusing, ordering: .releasing)
    }
}
