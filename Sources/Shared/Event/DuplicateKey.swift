// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Identifies requests as the same event: the platform's event id, or the signature of a request that has none.
///
/// A channel stores an event with a known key once; the platform's retries of it are acknowledged and dropped.
public struct DuplicateKey: Hashable, Sendable {
    /// How long a key is known unless the platform needs longer.
    public static let defaultLifetimeMilliseconds: Int64 = 5 * 60 * 1000

    /// The key itself, at most a few hundred bytes: chosen by the platform, so it must not be used in a key name
    /// unescaped.
    public var text: String
    /// How long the key is known after the event was stored, in milliseconds.
    public var lifetimeMilliseconds: Int64

    /// A key that is known for `lifetimeMilliseconds`.
    public init(_ text: String, lifetimeMilliseconds: Int64 = DuplicateKey.defaultLifetimeMilliseconds) {
        self.text = text
        self.lifetimeMilliseconds = lifetimeMilliseconds
    }
}
