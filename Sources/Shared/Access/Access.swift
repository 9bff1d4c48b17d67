// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Whose events a node relays.
public enum AccessMode: String, CaseIterable, Sendable {
    /// Those of any secret, and the registered bots'.
    case open
    /// The registered bots' only.
    case registered
}

/// Access control: the mode, and the registered bots.
public struct Access: Sendable {
    public var mode: AccessMode
    /// The registered bots; nil where no store of them is configured.
    public var registry: BotRegistry?

    public init(mode: AccessMode, registry: BotRegistry?) {
        self.mode = mode
        self.registry = registry
    }

    /// An open relay without a registry: any secret opens its own channel.
    public static let open = Access(mode: .open, registry: nil)
}
