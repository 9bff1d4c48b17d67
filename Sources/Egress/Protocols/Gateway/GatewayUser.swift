// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// A bot's user as its SDK sees it: the `user` of READY and the response of `/users/@me`.
struct GatewayUser: Hashable, Sendable {
    /// Decimal digits: an SDK reads it as a number.
    var id: String
    var username: String

    /// A placeholder for a bot that the platform does not describe: deterministic per bot.
    init(madeUpFor channel: ChannelID) {
        let digest = Digest.sha256("hookwire.user.v1\0".utf8, channel.description.utf8)
        let number = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        self.id = String(1_000_000_000_000_000_000 + number % 1_000_000_000_000_000_000)
        self.username = "Hookwire"
    }

    /// The user in the platform's answer to `/users/@me`; nil where there is none.
    init?(json: [UInt8]) {
        let user = json.withUnsafeBytes { bytes -> (String, String)? in
            guard let view = try? JSONObjectView(validating: bytes, members: Self.members, maximumDepth: 16),
                let id = view["id"]?.string, let username = view["username"]?.string, !id.isEmpty,
                id.utf8.count <= 128, username.utf8.count <= 1_024
            else { return nil }
            return (id, username)
        }
        guard let user else { return nil }
        (self.id, self.username) = user
    }

    private static let members = JSONMemberNames("id", "username")

    /// Its JSON in READY.
    var json: [UInt8] {
        var json = Array(#"{"id":"#.utf8)
        JSONWriter.append(self.id, to: &json)
        json += Array(#","username":"#.utf8)
        JSONWriter.append(self.username, to: &json)
        json += Array(#","bot":true}"#.utf8)
        return json
    }
}
