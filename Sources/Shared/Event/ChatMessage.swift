// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A chat message in platform-independent form, so that a bot's author need not know the platform.
public struct ChatMessage: Hashable, Sendable {
    /// The text; nil if the message has none.
    public var text: String?
    /// The sender, by the platform's own id.
    public var sender: String?
    /// The conversation: a group, a channel, a session, by the platform's own id.
    public var conversation: String?

    /// A message from its parts.
    public init(text: String?, sender: String?, conversation: String?) {
        self.text = text
        self.sender = sender
        self.conversation = conversation
    }
}
