// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// What a QQ bot's event says (bot platform documentation, "Message events").
///
/// It is read where it is asked for, not where the event is made: most events are delivered as they came, and reading
/// them would cost more than publishing them.
enum QQMessage {
    private static let eventMembers = JSONMemberNames("op", "d")
    private static let messageMembers = JSONMemberNames("content", "author", "group_openid", "channel_id")
    private static let authorMembers = JSONMemberNames("user_openid", "member_openid", "id")

    /// The message in an event's body; none in what is no message.
    static func messages(in body: ByteBuffer) -> [ChatMessage] {
        body.withUnsafeReadableBytes { bytes in
            // The body was checked when it came in, but not the depths of it for members that occur twice.
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
