// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What a platform's access token grants: the channel of the bot that it was issued to.
///
/// Any node derives the same grant from the bot's secret, and the secret cannot be recovered from it. This lets every
/// egress node check the sessions of a bot that it has never seen: the broker stores the grant by the token's digest,
/// and the secret stays on the node that received it.
public struct TokenGrant: Hashable, Sendable {
    private static let keyLabel = "hookwire.gateway.session.v1"
    private static let registeredMark = "registered"
    private static let tokenLabel = "hookwire.gateway.token.v1"

    /// The bot's channel.
    public let channel: ChannelID
    /// The key that signs the bot's gateway sessions.
    private let sessionKey: Secret
    /// The key before the bot's secret was rotated. Never stored: only a node that knows the bot has it.
    private let previousKey: Secret?
    /// Whether it was issued for a registered bot's credential: it becomes invalid when the bot is removed.
    public let isRegistered: Bool

    /// The grant for a bot's secret. Costs two hashes: keep the result where it is used often.
    public init(secret: Secret) {
        self.channel = ChannelID(secret: secret)
        self.sessionKey = Self.sessionKey(of: secret)
        self.previousKey = nil
        self.isRegistered = false
    }

    /// The grant for a registered bot's secret.
    ///
    /// - Parameter previous: the previous secret, during a rotation: sessions signed with it stay valid.
    public init(secret: Secret, previous: Secret? = nil, channel: ChannelID) {
        self.channel = channel
        self.sessionKey = Self.sessionKey(of: secret)
        self.previousKey = previous.map { Self.sessionKey(of: $0) }
        self.isRegistered = true
    }

    /// The grant for a registered bot's token.
    public init(token: TokenHash, channel: ChannelID) {
        self.channel = channel
        self.sessionKey = Secret(
            Hex.encode(HMACSHA256.code(key: Self.tokenLabel.utf8, over: token.description.utf8))
        )
        self.previousKey = nil
        self.isRegistered = true
    }

    private static func sessionKey(of secret: Secret) -> Secret {
        Secret(Hex.encode(secret.exposeUTF8 { HMACSHA256.code(key: $0, over: self.keyLabel.utf8) }))
    }

    /// Parses the output of `exposeText`; nil for anything else.
    public init?(text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3 && parts[2] == Self.registeredMark,
            let channel = ChannelID(String(parts[0])),
            Hex.decode(String(parts[1]))?.count == HMACSHA256.byteCount
        else { return nil }
        self.channel = channel
        self.sessionKey = Secret(String(parts[1]))
        self.previousKey = nil
        self.isRegistered = parts.count == 3
    }

    /// The grant as a broker stores it. Its holder can sign sessions of this bot, but not open any.
    public func exposeText() -> String {
        "\(self.channel):\(self.sessionKey.exposeText())" + (self.isRegistered ? ":\(Self.registeredMark)" : "")
    }

    /// Whether both have the same channel and session key.
    func opensSame(as other: TokenGrant) -> Bool {
        self.channel == other.channel && self.sessionKey == other.sessionKey
    }

    /// The authentication code (MAC) over a session's claims, 32 bytes.
    public func sign(_ claims: [UInt8]) -> [UInt8] {
        self.sessionKey.exposeUTF8 { HMACSHA256.code(key: $0, over: claims) }
    }

    /// Whether a MAC, possibly truncated, matches this bot's key or, during a rotation, the previous one.
    public func accepts(_ code: some Collection<UInt8>, over claims: [UInt8]) -> Bool {
        [self.sessionKey, self.previousKey].compactMap { $0 }.reduce(false) { isAccepted, key in
            let own = key.exposeUTF8 { HMACSHA256.code(key: $0, over: claims) }
            return ConstantTime.equal(own.prefix(code.count), code) || isAccepted
        }
    }
}

extension TokenGrant: CustomStringConvertible {
    /// The channel only.
    public var description: String { "the grant of \(self.channel)" }
}
