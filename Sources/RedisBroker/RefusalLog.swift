// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import Synchronization

/// Logs what Redis answers in place of storing, but not at the rate of the events. Any thread.
final class RefusalLog: Sendable {
    /// How long nothing is logged behind an entry.
    private static let pause = TimeAmount.seconds(10)

    private struct State {
        var next = NIODeadline.distantPast
        var count = 0
    }

    private let logger: Logger
    private let state = Mutex(State())

    init(logger: Logger) {
        self.logger = logger
    }

    /// Redis refused a command. Its error's description holds no argument of the command.
    func refused(_ error: any Error) {
        let now = NIODeadline.now()
        let count = self.state.withLock { state -> Int? in
            state.count += 1
            guard state.next <= now else { return nil }
            defer { state.count = 0 }
            state.next = now + Self.pause
            return state.count
        }
        guard let count else { return }
        self.logger.error("Redis refuses commands", metadata: ["error": "\(error)", "count": "\(count)"])
    }
}
