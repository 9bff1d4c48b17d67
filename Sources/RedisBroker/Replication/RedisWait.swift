// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// How many replicas must have an event before it is acknowledged.
public struct RedisWait: Hashable, Sendable {
    /// How many, at least one.
    public let replicas: Int
    /// How long they may take; then the event is not acknowledged, though it is stored.
    public let time: TimeAmount

    /// The longest that replicas may be given: a platform does not wait for longer either.
    public static let longestMilliseconds = 5_000
    /// The default time-out, in milliseconds.
    public static let defaultMilliseconds = 500
    /// The largest number of replicas that makes sense.
    public static let mostReplicas = 16

    /// Reads `REPLICAS` or `REPLICAS:MILLISECONDS`; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let replicas = Self.number(parts[0], in: 1...Self.mostReplicas) else {
            return nil
        }
        var milliseconds = Self.defaultMilliseconds
        if parts.count == 2 {
            guard let number = Self.number(parts[1], in: 10...Self.longestMilliseconds) else { return nil }
            milliseconds = number
        }
        self.replicas = replicas
        self.time = .milliseconds(Int64(milliseconds))
    }

    private static func number(_ text: Substring, in range: ClosedRange<Int>) -> Int? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text), range.contains(number)
        else { return nil }
        return number
    }
}
