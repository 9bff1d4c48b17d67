// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Tells once whether the work on the database has ended: it has, or it is not waited for any more. Any thread.
final class WorkEnd: Sendable {
    private let waiting: Mutex<CheckedContinuation<Bool, Never>?>

    init(_ continuation: CheckedContinuation<Bool, Never>) {
        self.waiting = Mutex(continuation)
    }

    /// Completes it, if not completed yet.
    func tell(_ hasEnded: Bool) {
        self.waiting.withLock { $0.take() }?.resume(returning: hasEnded)
    }
}
