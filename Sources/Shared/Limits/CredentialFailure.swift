// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Somebody gave a wrong secret, token or signature: what an answer says to the node, and not to the client.
///
/// A class, so that all other answers carry no more than a word of it.
public final class CredentialFailure: Sendable {
    /// Whose it should have been; nil where that is not known.
    public let bot: ChannelID?

    public init(for bot: ChannelID?) {
        self.bot = bot
    }
}
