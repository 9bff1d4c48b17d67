// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Whether this process accepts work, as reported by its readiness probe. Any thread.
public final class NodeState: Sendable {
    private let draining = Atomic<Bool>(false)

    /// Creates the state of a node that accepts work.
    public init() {}

    /// Whether the node finishes its current work and accepts no more.
    public var isDraining: Bool { self.draining.load(ordering: .acquiring) }

    /// Begins to drain; there is no way back.
    public func drain() {
        self.draining.store(true, ordering: .releasing)
    }
}
