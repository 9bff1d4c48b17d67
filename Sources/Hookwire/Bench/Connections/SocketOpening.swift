// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Opens sockets on one event loop, with limited concurrency.
final class SocketOpening {
    /// What came of it.
    struct Result: Sendable {
        var opened = 0
        var failures: [String: Int] = [:]
    }

    /// How many handshakes are in flight at once.
    static let width = 64
    /// How long not a single handshake may end.
    static let patience = TimeAmount.seconds(10)

    let numbers: [Int]
    let promise: EventLoopPromise<Result>
    var result = Result()
    private var position = 0

    init(numbers: [Int], promise: EventLoopPromise<Result>) {
        self.numbers = numbers
        self.promise = promise
    }

    /// The next socket to open; nil after the last.
    func next() -> Int? {
        guard self.position < self.numbers.count else { return nil }
        defer { self.position += 1 }
        return self.numbers[self.position]
    }

    var finished: Int { self.result.opened + self.result.failures.values.reduce(0, +) }
    var isComplete: Bool { self.finished >= self.numbers.count }
}
