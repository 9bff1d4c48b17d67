// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Finds out whose a platform's requests are, before anything in them is believed.
struct WebhookDoor<P: Platform & SendableMetatype> {
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

    /// What is agreed on with the bot that a request is for.
    func agreement(for request: HTTPRequest, of platform: P) throws(AccessRefusal) -> Agreement {
        guard self.access.registry != nil else { return Agreement() }
        var webhook = platform.credentials(in: request)
        webhook.name = request.parameters["bot"]
        webhook.token = request.query["token"].map { Secret($0) }
        let now = self.clock.wallMilliseconds()
        guard let bot = try self.access.bot(of: webhook, on: self.platform, now: now) else { return Agreement() }
        let knowsSecret = webhook.secret.map { bot.isOpened(by: $0) } ?? false
        return Agreement(with: bot, heedsURL: knowsSecret, token: webhook.token, now: now)
    }

    /// Whether events may be published under an agreement.
    func admits(_ agreement: Agreement) -> Bool {
        self.access.mode == .open || agreement.isRegistered
    }
}
