// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// A session: where it began, and its filter. All of it is encoded in the session id, so that no node has to store it.
struct GatewaySession: Hashable, Sendable {
    /// The last event before the session began.
    var start: Position
    var intents: GatewayIntents
    var shard: GatewayShard

    var filter: GatewayFilter { GatewayFilter(intents: self.intents, shard: self.shard) }
}

/// A session id: the encoded session, and a MAC over it with a key derived from the bot's secret.
///
/// A client that opens a socket has presented the bot's secret, or a token known to the broker, and either gives the
/// node the key (`TokenGrant`). So every egress node can verify every session id without a session store or a shared
/// setting, and one bot's session id is of no use with another bot's token. An id reveals nothing that its bot does not
/// know, and grants nothing that its bot may not do: the MAC prevents clients from inventing positions by mistake. It
/// does not prevent holders of the secret, in an open relay anyone, from signing claims of their own, so the content is
/// validated like any peer's input.
enum GatewaySessionID {
    private static let version: UInt8 = 1
    /// Half of SHA-256: 2^128 guesses.
    private static let codeLength = 16
    private static let claimsLength = 1 + 8 + 8 + 4 + 2 + 2

    static func make(_ session: GatewaySession, grant: TokenGrant) -> String {
        var bytes: [UInt8] = [Self.version]
        Self.append(session.start.epoch.rawValue, to: &bytes)
        Self.append(session.start.offset, to: &bytes)
        Self.append(session.intents.rawValue, to: &bytes)
        Self.append(session.shard.index, to: &bytes)
        Self.append(session.shard.count, to: &bytes)
        return Hex.encode(bytes + grant.sign(bytes).prefix(Self.codeLength))
    }

    /// Parses an id; nil if its MAC or its content is invalid for this bot.
    static func read(_ id: String, grant: TokenGrant) -> GatewaySession? {
        guard id.utf8.count == 2 * (Self.claimsLength + Self.codeLength), let bytes = Hex.decode(id) else { return nil }
        let claims = Array(bytes.prefix(Self.claimsLength))
        guard grant.accepts(bytes.suffix(Self.codeLength), over: claims), claims[0] == Self.version else { return nil }
        let epoch: UInt64 = Self.integer(claims[1..<9])
        let offset: UInt64 = Self.integer(claims[9..<17])
        let shard = GatewayShard(index: Self.integer(claims[21..<23]), count: Self.integer(claims[23..<25]))
        guard epoch != 0, offset < .max, shard.index < shard.count, shard.count <= GatewayProtocol.shardLimit else {
            return nil
        }
        return GatewaySession(
            start: Position(epoch: Epoch(rawValue: epoch), offset: offset),
            intents: GatewayIntents(rawValue: Self.integer(claims[17..<21])),
            shard: shard
        )
    }

    private static func append(_ integer: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: integer.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private static func integer<Integer: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>) -> Integer {
        bytes.reduce(0) { $0 << 8 | Integer($1) }
    }
}
