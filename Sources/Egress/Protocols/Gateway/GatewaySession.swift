// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// A session: where it began, and what it lets through. All of it is in the session's id, so that no node has to store it.
struct GatewaySession: Hashable, Sendable {
    /// The last event before the session began.
    var start: Position
    var intents: GatewayIntents
    var shard: GatewayShard

    var filter: GatewayFilter { GatewayFilter(intents: self.intents, shard: self.shard) }
}

/// A session's id: what the session is, and an authentication code over it by a key that follows from the bot's secret.
///
/// Whoever opens a socket has shown the bot's secret, or a token that the broker knows it by, and either gives a node
/// the key (`TokenGrant`). So every egress node can check every session's id, with no store of sessions and no setting that
/// nodes would have to share; and the id of one bot's session is of no use with another bot's token. An id says
/// nothing that its bot does not know, and allows nothing that its bot may not do: the signature keeps clients from
/// making up positions by mistake. It does not keep those who have the secret, in an open relay everybody, from signing
/// claims of their own, so that these are read like anything else that a peer sends.
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

    /// Reads an id; nil where it is none that this bot was given, or could have been.
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
