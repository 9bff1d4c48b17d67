// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// The webhook settings known to a platform.
struct Credentials: Sendable {
    /// How a sender without a signature of its own proves itself.
    enum Presentation: String, Sendable, CaseIterable {
        /// The secret is in the URL only.
        case url
        /// `Authorization: Bearer`.
        case bearer
        /// The password of `Authorization: Basic`.
        case basic
    }

    /// QQ's bot secret, WeChat's token, Meta's app secret, and so on: what opens the bot's socket.
    var secret: Secret
    /// Messenger's verify token.
    var verifyToken: Secret?
    /// WeChat's `EncodingAESKey`.
    var aesKey: Secret?
    /// WeChat's app id, or QQ's.
    var appID: String?
    /// Generic: `github`, `standard`, `bearer`, `none`.
    var scheme: String?
    /// Dialogflow and generic: the field of the secret or of the signature, `NAME` or `NAME:PREFIX`.
    var header: String?
    /// Dialogflow.
    var presentation = Presentation.url
    /// Whether a generic webhook's request waits for the bot's reply.
    var waits = false

    /// The same with what a webhook's URL says where nothing was said.
    func completed(by query: QueryParameters) -> Credentials {
        func value(_ name: String) -> String? { query[name].flatMap { $0.isEmpty ? nil : $0 } }
        var completed = self
        if completed.secret.isEmpty { completed.secret = Secret(value("secret") ?? "") }
        completed.verifyToken = self.verifyToken ?? value("verify_token").map { Secret($0) }
        completed.aesKey = self.aesKey ?? value("aes_key").map { Secret($0) }
        completed.appID = self.appID ?? value("app_id")
        completed.scheme = self.scheme ?? value("scheme")
        completed.header = self.header ?? value("header")
        return completed
    }

    /// What must never be printed.
    var secrets: [Secret] { [self.secret] + [self.verifyToken, self.aesKey].compactMap { $0 } }

    /// The platform that has agreed.
    ///
    /// - Throws: `SampleError` where something is missing, or cannot be used.
    func sender(_ platform: PlatformName, clock: @escaping @Sendable () -> Int64) throws -> any PlatformSender {
        guard !self.secret.isEmpty else {
            throw SampleError(description: "The secret is missing: --secret, or HOOKWIRE_SECRET in the environment.")
        }
        return switch platform {
        case .qq: try QQSender(self, clock: clock)
        case .wechat: try WeChatSender(self, clock: clock)
        case .messenger: MessengerSender(self, clock: clock)
        case .dialogflow: DialogflowSender(self)
        case .generic: try GenericSender(self, clock: clock)
        }
    }

    /// The query of a relay's URL for a platform, encoded.
    func query(_ platform: PlatformName) -> String {
        var pairs: [(String, String?)] = []
        let isInField = self.presentation != .url || (platform == .dialogflow && self.header != nil)
        if !(platform == .dialogflow && isInField) { pairs.append(("secret", self.secret.exposeText())) }
        switch platform {
        case .qq: break
        case .wechat: pairs += [("aes_key", self.aesKey?.exposeText()), ("app_id", self.appID)]
        case .messenger: pairs.append(("verify_token", self.verifyToken?.exposeText()))
        case .dialogflow: pairs.append(("header", self.header))
        case .generic:
            pairs += [("scheme", self.scheme), ("header", self.header), ("reply", self.waits ? "1" : nil)]
        }
        return pairs.compactMap { name, value in value.map { "\(name)=\(PercentEncoding.encode($0))" } }
            .joined(separator: "&")
    }
}
