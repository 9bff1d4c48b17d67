// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The credentials in a platform's request that identify its bot.
public struct WebhookCredentials: Sendable {
    /// The bot's name: `/webhook/{platform}/{name}`.
    public var name: String?
    /// Its secret, in the URL or wherever the platform puts it.
    public var secret: Secret?
    /// A token beside the secret, for bots that need one: `?secret=S&token=T`.
    public var token: Secret?
    /// The platform's id for it.
    public var appID: String?

    public init(name: String? = nil, secret: Secret? = nil, token: Secret? = nil, appID: String? = nil) {
        self.name = name
        self.secret = secret
        self.token = token
        self.appID = appID
    }
}
