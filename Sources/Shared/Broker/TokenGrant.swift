// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What an access token of a platform opens: the channel of the bot that it was given to.
///
/// Any node makes the same grant from the bot's secret, and none can go back from it to the secret. That is what lets
/// every egress node check the sessions of a bot that it has never seen: the broker remembers the grant by the token, so
/// that the secret itself stays on the node that was given it.
public struct TokenGrant: Hashable, Sendable {
    private static let keyLabel = "hookwire.gateway.session.v1"
    private static let registeredMark = "registered"
    private static let tokenLabel = "hookwire.gateway.token.v1"

    /// The bot's channel.
    public let channel: ChannelID
    /// What the bot's gateway sessions are signed with.
    private let sessionKey: Secret
    /// What they were signed with before the bot's secret was rotated. Never stored: it is for a node that knows the bot.
    private let previousKey: Secret?
    /// Whether it was given for what a bot's operator had registered: it is good for nothing once the bot is removed.
    public let isRegistered: Bool

    /// The grant of whoever holds a bot's secret. Two hashes: keep the result where it is used often.
    public init(secret: Secret) {
        self.channel = ChannelID(secret: secret)
        self.sessionKey = Self.sessionKey(of: secret)
        self.previousKey = nil
        self.isRegistered = false
    }

    /// The grant of whoever holds a registered bot's secret.
    ///
    /// - Parameter previous: the secret before, during a rotation: sessions that it has signed can go on.
    public init(secret: Secret, previous: Secret? = nil, channel: ChannelID) {
        self.channel = channel
        self.sessionKey = Self.sessionKey(of: secret)
        self.previousKey = previous.map { Self.sessionKey(of: $0) }
        self.isRegistered = true
    }

    /// The grant of whoever holds a registered bot's token.
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

    /// Reads what `exposeText` gave; nil for anything else.
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

    /// The grant as a broker stores it. Whoever has it can sign sessions of this bot, though not open any.
    public func exposeText() -> String {
        "\(self.channel):\(self.sessionKey.exposeText())" + (self.isRegistered ? ":\(Self.registeredMark)" : "")
    }

    /// Whether both open the same, whoever gave them.
    func opensSame(as other: TokenGrant) -> Bool {
        self.channel == other.channel && self.sessionKey == other.sessionKey
    }

    /// The authentication code of what a session says of itself, 32 bytes.
    public func sign(_ claims: [UInt8]) -> [UInt8] {
        self.sessionKey.exposeUTF8 { HMACSHA256.code(key: $0, over: claims) }
    }

    /// Whether an authentication code, or as much of it as is kept, is what this bot's sessions are signed with, or were
    /// before a rotation.
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
