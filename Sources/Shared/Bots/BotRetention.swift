// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// The log retention of one bot; nil means the node's default.
public struct BotRetention: Sendable, Equatable {
    /// How many events.
    public var count: Int?
    /// How long.
    public var age: TimeAmount?

    public init(count: Int? = nil, age: TimeAmount? = nil) {
        self.count = count
        self.age = age
    }
}
