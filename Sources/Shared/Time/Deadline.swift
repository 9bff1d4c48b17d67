// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// A time-out for work that has none of its own, such as reading an HTTP client's response body: the client's time-out
/// ends with the head. Any thread.
public enum Deadline {
    /// The time-out has passed.
    public struct Passed: Error {}

    /// Runs a task, and cancels it at the time-out.
    ///
    /// - Throws: `Passed` on time-out, and what `body` throws.
    public static func run<Value: Sendable>(
        until deadline: NIODeadline,
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(nanoseconds: UInt64(max(0, (deadline - .now()).nanoseconds)))
                throw Passed()
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { preconditionFailure("two tasks were added") }
            return value
        }
    }
}
