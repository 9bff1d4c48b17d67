// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// What a platform's request says.
struct EventDescription {
    /// The platform's own name for the event, the same over its retries.
    var id: String?
    /// What happened, in the platform's words.
    var type: String?
    /// What makes two requests the same event.
    var key: DuplicateKey?
    /// What was said, where somebody said something.
    var messages: [ChatMessage] = []
    /// How the platform takes a reply; nil where it takes none.
    var reply: ReplyTerms?

    /// An id longer than this is not believed to be one, in bytes.
    static let maximumIDLength = 512
    /// A type longer than this is not believed to be one, in bytes.
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
