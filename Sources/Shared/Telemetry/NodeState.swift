// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Whether this process is to be sent work, as its readiness probe tells a load balancer. Any thread.
public final class NodeState: Sendable {
    private let draining = Atomic<Bool>(false)

    /// A node that takes work.
    public init() {}

    /// Whether the node finishes what it has and takes nothing new.
    public var isDraining: Bool { self.draining.load(ordering: .acquiring) }

    /// Begins to drain; there is no way back.
    public func drain() {
        self.draining.store(true, ordering: .releasing)
    }
}
