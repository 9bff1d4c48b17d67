// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Whose events a node relays.
public enum AccessMode: String, CaseIterable, Sendable {
    /// Anybody's who knows a secret, and the registered bots'.
    case open
    /// The registered bots' only.
    case registered
}

/// Who may come in: the mode, and the bots that are registered.
public struct Access: Sendable {
    public var mode: AccessMode
    /// The registered bots; nil where no store of them is configured.
    public var registry: BotRegistry?

    public init(mode: AccessMode, registry: BotRegistry?) {
        self.mode = mode
        self.registry = registry
    }

    /// Whoever knows a secret.
    public static let open = Access(mode: .open, registry: nil)
}
