// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What somebody said, as plainly as the platform lets it be known: so that a bot's author need not know the platform.
public struct ChatMessage: Hashable, Sendable {
    /// What was said; nil where it is no text.
    public var text: String?
    /// Who said it, by the platform's own id.
    public var sender: String?
    /// Where it was said: a group, a channel, a session, by the platform's own id.
    public var conversation: String?

    /// A message from its parts.
    public init(text: String?, sender: String?, conversation: String?) {
        self.text = text
        self.sender = sender
        self.conversation = conversation
    }
}
