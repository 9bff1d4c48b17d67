// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// A command being routed to a node of a cluster.
struct ClusterCall: Sendable {
    let command: RESPCommand
    let place: RedisPlace
    let eventLoop: any EventLoop
    /// Called on the event loop.
    let completion: @Sendable (Result<RESPValue, any Error>) -> Void
    var attempts: ClusterAttempts
    /// Whether it stores something: with replication (`RedisWait`), it completes only when the replicas have it.
    var isStored = false
}

/// The commands that wait for a retry. Bounded, since a part of the cluster may be unavailable for long.
struct WaitingCalls {
    private let limit: Int
    private let byteLimit: Int
    private var calls: [UInt64: ClusterCall] = [:]
    private var bytes = 0
    private var lastNumber: UInt64 = 0

    init(limit: Int, byteLimit: Int) {
        self.limit = limit
        self.byteLimit = byteLimit
    }

    /// Keeps a command.
    ///
    /// - Returns: the number to take it by; nil if too many wait.
    mutating func add(_ call: ClusterCall) -> UInt64? {
        guard self.calls.count < self.limit, call.command.byteCount <= self.byteLimit - self.bytes else { return nil }
        self.lastNumber += 1
        self.bytes += call.command.byteCount
        self.calls[self.lastNumber] = call
        return self.lastNumber
    }

    /// Gives a command back, once.
    mutating func take(_ number: UInt64) -> ClusterCall? {
        guard let call = self.calls.removeValue(forKey: number) else { return nil }
        self.bytes -= call.command.byteCount
        return call
    }

    /// Gives all back.
    mutating func takeAll() -> [ClusterCall] {
        defer {
            self.calls = [:]
            self.bytes = 0
        }
        return Array(self.calls.values)
    }
}
