// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// How one connection does, for any thread to read.
final class RedisStatus: Sendable {
    enum State: Equatable, Sendable {
        /// The first connection is being made.
        case connecting
        /// It does its work.
        case ready
        /// It stands, but a command has waited for too long.
        case stalled
        /// It stands, and the server refuses all work.
        case refusing(RedisError)
        /// It is lost, or could not be made.
        case lost(RedisLoss)
    }

    private let state: Mutex<State>
    private let takesCommands = Atomic<Bool>(false)

    init() {
        self.state = Mutex(.lost(RedisLoss(.notStarted)))
    }

    /// Whether commands can be sent. Cheaper than `current`.
    var isConnected: Bool { self.takesCommands.load(ordering: .acquiring) }

    var current: State { self.state.withLock { $0 } }

    func become(_ state: State) {
        self.state.withLock { $0 = state }
        let isConnected =
            switch state {
            case .ready, .stalled, .refusing: true
            case .connecting, .lost: false
            }
        self.takesCommands.store(isConnected, ordering: .releasing)
    }
}
