// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A token service's requests and responses (bot.q.qq.com, "获取调用凭证").
enum QQTokenExchange {
    /// The most bytes of either.
    static let limit = 64 << 10

    private static let requestMembers = JSONMemberNames("appId", "clientSecret")
    private static let answerMembers = JSONMemberNames("access_token", "expires_in")
    private static let defaultLifetime: Int64 = 7_200

    struct Token {
        var value: Secret
        var lifetimeMilliseconds: Int64
    }

    /// The bot's secret in a request; nil where there is none.
    static func secret(in request: ByteBuffer) -> Secret? {
        guard request.readableBytes <= Self.limit else { return nil }
        return request.withUnsafeReadableBytes { bytes in
            let view = try? JSONObjectView(validating: bytes, members: Self.requestMembers, maximumDepth: 8)
            guard let secret = view?["clientSecret"]?.string, !secret.isEmpty, view?["appId"] != nil else { return nil }
            return Secret(secret)
        }
    }

    /// The token in an answer; nil where there is none. `expires_in` is a string of digits, or a number.
    static func token(in answer: ByteBuffer) -> Token? {
        answer.withUnsafeReadableBytes { bytes in
            let view = try? JSONObjectView(validating: bytes, members: Self.answerMembers, maximumDepth: 8)
            guard let token = view?["access_token"]?.string, !token.isEmpty else { return nil }
            let expiry = view?["expires_in"]
            let seconds = expiry?.string.flatMap { Int64($0) } ?? expiry?.integer ?? Self.defaultLifetime
            let bounded = min(max(seconds, 1), TokenLifetime.longestMilliseconds / 1_000)
            return Token(value: Secret(token), lifetimeMilliseconds: bounded * 1_000)
        }
    }

    /// The lifetime of our own tokens, in seconds. Some SDKs keep a token until it expires, whatever errors they get,
    /// and without Redis a restart forgets it.
    private static let ownLifetime: Int64 = 180

    /// A token of our own, as the platform would answer: `expires_in` is a string, which an SDK insists on.
    static func makeToken() -> (token: Token, answer: ByteBuffer) {
        let text = Hex.encode(SecureRandom.bytes(32))
        let answer = #"{"access_token":"\#(text)","expires_in":"\#(Self.ownLifetime)"}"#
        return (
            Token(value: Secret(text), lifetimeMilliseconds: Self.ownLifetime * 1_000), ByteBuffer(string: answer)
        )
    }
}
