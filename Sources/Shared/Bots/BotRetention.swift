// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// How much of one bot's log is kept; nil is as much as of everybody's.
public struct BotRetention: Sendable, Equatable {
    /// Events.
    public var count: Int?
    /// How long.
    public var age: TimeAmount?

    public init(count: Int? = nil, age: TimeAmount? = nil) {
        self.count = count
        self.age = age
    }
}
