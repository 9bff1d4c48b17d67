// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Parses the message of a QQ bot's event (bot platform documentation, "Message events").
///
/// Parsed on demand rather than on arrival: most events are delivered as received, and parsing would cost more than
/// publishing.
enum QQMessage {
    private static let eventMembers = JSONMemberNames("op", "d")
    private static let messageMembers = JSONMemberNames("content", "author", "group_openid", "channel_id")
    private static let authorMembers = JSONMemberNames("user_openid", "member_openid", "id")

    /// The message in an event's body; empty if it is not a message event.
    static func messages(in body: ByteBuffer) -> [ChatMessage] {
        body.withUnsafeReadableBytes { bytes in
            // The body was validated on arrival, but nested objects not for duplicate members.
            (try? self.message(in: bytes)).flatMap { $0 }.map { [$0] } ?? []
        }
    }

    private static func message(in bytes: UnsafeRawBufferPointer) throws(JSONError) -> ChatMessage? {
        let event = try JSONObjectView(validating: bytes, members: self.eventMembers)
        guard event["op"]?.integer == 0, let message = try event["d"]?.object(members: self.messageMembers),
            let text = message["content"]?.string,
            let author = try message["author"]?.object(members: self.authorMembers)
        else { return nil }
        return ChatMessage(
            text: text,
            // By the id that an answer would be sent to: of the user alone, in a group, in a guild.
            sender: (author["user_openid"] ?? author["member_openid"] ?? author["id"])?.string,
            conversation: (message["group_openid"] ?? message["channel_id"])?.string
        )
    }
}
