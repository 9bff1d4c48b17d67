// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The registry's Redis keys. All of them have one hash tag, so that they are in one slot of a cluster.
enum RegistryRedisKeys {
    /// Which Redis has them.
    static let place = RedisPlace(single: Self.bots)
    /// The hash of the bots, encrypted, by their names.
    static let bots = "hw:{registry}:bots"
    /// The sorted set of names by the version they changed at, those of removed bots too.
    static let changes = "hw:{registry}:changes"
    /// The hash that says where the registry stands: `epoch`, `version`, `floor` and `check`.
    static let head = "hw:{registry}:head"
    /// The hash of the last versions' marks: the random text written by each change, by which a node detects a registry
    /// that was restored from a backup and changed again to the same version.
    static let marks = "hw:{registry}:marks"
    /// The stream of what operators did.
    static let audit = "hw:{registry}:audit"
}
