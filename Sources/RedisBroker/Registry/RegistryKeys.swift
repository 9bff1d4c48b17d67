// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What the registry is called in Redis. All of its keys carry one hash tag, so that they lie in one slot of a cluster.
enum RegistryKeys {
    /// Which Redis has them.
    static let place = RedisPlace(single: Self.bots)
    /// The hash of the bots, encrypted, by their names.
    static let bots = "hw:{registry}:bots"
    /// The sorted set of names by the version they changed at, those of removed bots too.
    static let changes = "hw:{registry}:changes"
    /// The hash that says where the registry stands: `epoch`, `version`, `floor` and `check`.
    static let head = "hw:{registry}:head"
    /// The hash of the last versions' marks: the random text that each change leaves, by which a node knows that what Redis
    /// has is what it had read, and no registry that was put back and changed anew to the same version.
    static let marks = "hw:{registry}:marks"
    /// The stream of what operators did.
    static let audit = "hw:{registry}:audit"
}
