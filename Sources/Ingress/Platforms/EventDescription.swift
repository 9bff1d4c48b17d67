// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// The event described by a platform's request.
struct EventDescription {
    /// The platform's id for the event, the same across retries.
    var id: String?
    /// The platform's event type.
    var type: String?
    /// The event's duplicate key.
    var key: DuplicateKey?
    /// The messages, if it is a chat event.
    var messages: [ChatMessage] = []
    /// How the platform accepts a reply; nil if it does not.
    var reply: ReplyTerms?

    /// The longest plausible id, in bytes.
    static let maximumIDLength = 512
    /// The longest plausible type, in bytes.
    static let maximumTypeLength = 128

    /// An id as it stands in an event; nil where it is empty or too long.
    static func bounded(id: String?) -> String? { self.bounded(id, self.maximumIDLength) }

    /// A type as it stands in an event; nil where it is empty or too long.
    static func bounded(type: String?) -> String? { self.bounded(type, self.maximumTypeLength) }

    private static func bounded(_ text: String?, _ maximumLength: Int) -> String? {
        guard let text, (1...maximumLength).contains(text.utf8.count) else { return nil }
        return text
    }
}
