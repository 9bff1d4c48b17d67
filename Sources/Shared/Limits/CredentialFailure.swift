// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A wrong secret, token or signature: carried by a response for the node's own accounting, never sent to the client.
///
/// A class, so that it adds only one word to every response.
public final class CredentialFailure: Sendable {
    /// The bot it was presented for; nil if unknown.
    public let bot: ChannelID?

    public init(for bot: ChannelID?) {
        self.bot = bot
    }
}
