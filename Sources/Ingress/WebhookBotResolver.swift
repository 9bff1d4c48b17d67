// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Resolves the bot that a platform's request is for, before anything in the request is trusted.
struct WebhookBotResolver<P: Platform & SendableMetatype> {
    private let access: Access
    private let clock: Clock
    private let platform: BotPlatform

    init(access: Access, clock: Clock) {
        guard let platform = BotPlatform(rawValue: P.name) else {
            preconditionFailure("every platform has its name in the registry")
        }
        self.access = access
        self.clock = clock
        self.platform = platform
    }

    /// The settings of the bot that a request is for.
    func settings(for request: HTTPRequest, of platform: P) throws(AccessRefusal) -> WebhookSettings {
        guard self.access.registry != nil else { return WebhookSettings() }
        var webhook = platform.credentials(in: request)
        webhook.name = request.parameters["bot"]
        webhook.token = request.query["token"].map { Secret($0) }
        let now = self.clock.wallMilliseconds()
        guard let bot = try self.access.bot(of: webhook, on: self.platform, now: now) else { return WebhookSettings() }
        let knowsSecret = webhook.secret.map { bot.isOpened(by: $0) } ?? false
        return WebhookSettings(with: bot, trustsURL: knowsSecret, token: webhook.token, now: now)
    }

    /// Whether events may be published under these settings.
    func admits(_ settings: WebhookSettings) -> Bool {
        self.access.mode == .open || settings.isRegistered
    }
}
