// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// The keys that a mapping of the file may have.
struct KnownKeys: Sendable {
    static let file = KnownKeys(["bots"])
    static let bot = KnownKeys([
        "name", "platform", "secret", "secret_file", "previous_secret", "previous_secret_file", "appid", "verify_token",
        "verify_token_file", "aes_key", "aes_key_file", "previous_aes_key", "previous_aes_key_file", "header", "scheme",
        "reply", "tokens", "opens_by_secret", "needs_token", "limits", "retention", "origins", "channel",
        "former_channels",
    ])
    static let token = KnownKeys(["name", "hash", "scopes", "expires"])
    static let limits = KnownKeys(["requests", "burst", "sockets", "log_bytes"])
    static let retention = KnownKeys(["count", "age"])

    let names: [String]

    private init(_ names: [String]) {
        self.names = names
    }

    func contains(_ name: String) -> Bool { self.names.contains(name) }

    /// The key that was probably meant: the nearest, where it is near at all.
    func nearest(to name: String) -> String? {
        let distances = self.names.map { (name: $0, distance: EditDistance.between($0, name.lowercased())) }
        guard let nearest = distances.min(by: { $0.distance < $1.distance }),
            nearest.distance <= max(2, nearest.name.utf8.count / 3)
        else { return nil }
        return nearest.name
    }
}
