// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The random name of a running ingress node, by which replies find it.
public struct NodeID: Hashable, Sendable {
    /// The name as a number.
    public let rawValue: UInt64

    /// A name from its number.
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// A name that no other node has.
    public static func random() -> NodeID {
        NodeID(rawValue: UInt64.random(in: 0...UInt64.max))
    }
}
