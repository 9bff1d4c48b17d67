// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// A `BotDirectory` that is reused while many bots are added that do not conflict with each other: building one takes
/// time proportional to all bots.
public struct RegistryDirectory: Sendable {
    /// The registry's position, if only the owner's additions have changed it since `bots` was built.
    private var position: RegistryPosition?
    /// The registered bots, without those that the owner has added since.
    private(set) var bots = BotDirectory.empty

    public init() {}

    /// The bots in the mirror, possibly without those that the owner has added; built again if anyone else has changed
    /// the registry.
    mutating func directory(of mirror: RegistryMirror) -> BotDirectory {
        if self.position != mirror.position {
            self.position = mirror.position
            self.bots = BotDirectory(mirror.bots.values)
        }
        return self.bots
    }

    /// The owner's addition took the registry from one position to another.
    mutating func added(from old: RegistryPosition, to new: RegistryPosition) {
        if self.position == old { self.position = new }
    }
}
