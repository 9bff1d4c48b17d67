// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A request of Meta's: one or many messages and other events of one of its products.
struct MessengerBatch {
    private static let members = JSONMemberNames("object", "entry")
    private static let entryMembers = JSONMemberNames("messaging", "changes", "standby")
    private static let happeningMembers = JSONMemberNames("sender", "recipient", "message", "postback")
    private static let idMembers = JSONMemberNames("id")
    private static let messageMembers = JSONMemberNames("mid", "text", "is_echo", "is_deleted", "title")
    private static let changeMembers = JSONMemberNames("value")
    private static let valueMembers = JSONMemberNames("messages", "metadata", "statuses")
    private static let metadataMembers = JSONMemberNames("phone_number_id")
    private static let chatMembers = JSONMemberNames(
        "id",
        "from",
        "text",
        "button",
        "interactive",
        "image",
        "video",
        "document"
    )
    private static let bodyMembers = JSONMemberNames("body", "text")
    private static let interactiveMembers = JSONMemberNames("button_reply", "list_reply")
    private static let titleMembers = JSONMemberNames("title")
    private static let captionMembers = JSONMemberNames("caption")

    /// The product: `page`, `whatsapp_business_account`, `instagram`.
    let object: String
    /// The users' messages, in order, without echoes of the page's own: a bot would answer itself.
    private(set) var messages: [ChatMessage] = []
    /// The platform's ids of the messages, echoes among them, in order.
    private(set) var ids: [String] = []
    /// The indices of the ids that are postbacks': a pressed button has the id of the message that shows it.
    private var postbacks: [Int] = []
    /// Whether it contains only messages with ids.
    private var hasOnlyIDs = true

    /// Reads a request's body; nil where it names no product.
    init?(_ body: ByteBuffer) throws(JSONError) {
        let batch = try body.readJSONObject(members: Self.members) { object throws(JSONError) -> MessengerBatch? in
            guard let name = object["object"]?.string, !name.isEmpty else { return nil }
            var batch = MessengerBatch(object: name)
            try object["entry"]?.eachElement { entry throws(JSONError) in
                try batch.readEntry(entry)
            }
            return batch
        }
        guard let batch else { return nil }
        self = batch
    }

    private init(object: String) {
        self.object = object
    }

    /// The duplicate key: the same across this request's retries, and unique otherwise.
    func key(body: ByteBuffer) -> String {
        // Receipts, reactions and the like have no ids of their own: the key is then a hash of the bytes.
        guard self.hasOnlyIDs, let first = self.ids.first else {
            return "body:" + Hex.encode(Digest.sha256(body.readableBytesView))
        }
        guard self.ids.count > 1 || first.utf8.count > EventDescription.maximumIDLength else {
            return (self.postbacks.isEmpty ? "mid:" : "postback:") + first
        }
        var digest = StreamingDigest(.sha256)
        for id in self.ids {
            digest.update(id.utf8)
            digest.update(CollectionOfOne(0))
        }
        for place in self.postbacks { digest.update("\(place) ".utf8) }
        return "mids:" + Hex.encode(digest.finalize())
    }

    private mutating func readEntry(_ entry: JSONValue) throws(JSONError) {
        guard let entry = try entry.object(members: Self.entryMembers) else {
            self.hasOnlyIDs = false
            return
        }
        // Standby events and kinds added later, whose ids, if any, are not read.
        if entry["standby"] != nil || (entry["messaging"] == nil && entry["changes"] == nil) { self.hasOnlyIDs = false }
        try entry["messaging"]?.eachElement { happening throws(JSONError) in
            try self.readHappening(happening)
        }
        try entry["changes"]?.eachElement { change throws(JSONError) in
            try self.readChange(change)
        }
    }

    /// Messenger and Instagram: `messaging[]`.
    private mutating func readHappening(_ value: JSONValue) throws(JSONError) {
        let happening = try value.object(members: Self.happeningMembers)
        let message = try happening?["message"]?.object(members: Self.messageMembers)
        let postback = try happening?["postback"]?.object(members: Self.messageMembers)
        guard let happening, let said = message ?? postback else {
            self.hasOnlyIDs = false
            return
        }
        // A message was unsent (Instagram): the id is the message's own, and there is no text.
        guard said["is_deleted"]?.boolean != true else {
            self.hasOnlyIDs = false
            return
        }
        if message == nil { self.postbacks.append(self.ids.count) }
        self.readID(said["mid"])
        guard said["is_echo"]?.boolean != true else { return }
        self.messages.append(
            ChatMessage(
                text: (message == nil ? said["title"] : said["text"])?.string,
                sender: try happening["sender"]?.object(members: Self.idMembers)?["id"]?.identifier,
                conversation: try happening["recipient"]?.object(members: Self.idMembers)?["id"]?.identifier
            )
        )
    }

    /// WhatsApp: `changes[].value.messages[]`. The sample that Meta's dashboard sends for Messenger and Instagram has a
    /// happening in the value's place.
    private mutating func readChange(_ change: JSONValue) throws(JSONError) {
        let content = try change.object(members: Self.changeMembers)?["value"]
        guard let content, let value = try content.object(members: Self.valueMembers), let messages = value["messages"]
        else {
            self.hasOnlyIDs = false
            if let content, content.isObject { try self.readHappening(content) }
            return
        }
        // A status has the id of the message that it is about, three times over.
        if value["statuses"] != nil { self.hasOnlyIDs = false }
        let number = try value["metadata"]?.object(members: Self.metadataMembers)?["phone_number_id"]?.identifier
        try messages.eachElement { value throws(JSONError) in
            guard let message = try value.object(members: Self.chatMembers) else { return }
            self.readID(message["id"])
            // The number is copied for each message, so it must be no longer than the messages' JSON: a number of half
            // a megabyte and a hundred thousand tiny messages would exhaust memory.
            let conversation = number.flatMap { $0.utf8.count <= value.raw.count ? $0 : nil }
            self.messages.append(
                ChatMessage(
                    text: try Self.text(of: message),
                    sender: message["from"]?.identifier,
                    conversation: conversation
                )
            )
        }
    }

    private mutating func readID(_ value: JSONValue?) {
        if let id = value?.string, !id.isEmpty {
            self.ids.append(id)
        } else {
            self.hasOnlyIDs = false
        }
    }

    /// A WhatsApp message's text: its own, that of the chosen button or list entry, or the caption of a picture, video
    /// or document.
    private static func text(of message: JSONObjectView) throws(JSONError) -> String? {
        if let text = try message["text"]?.object(members: self.bodyMembers)?["body"]?.string { return text }
        if let text = try message["button"]?.object(members: self.bodyMembers)?["text"]?.string { return text }
        if let choice = try message["interactive"]?.object(members: self.interactiveMembers) {
            let reply = choice["button_reply"] ?? choice["list_reply"]
            return try reply?.object(members: self.titleMembers)?["title"]?.string
        }
        let file = message["image"] ?? message["video"] ?? message["document"]
        return try file?.object(members: self.captionMembers)?["caption"]?.string
    }
}

extension JSONValue {
    /// An id, which some of Meta's products write as a number.
    fileprivate var identifier: String? {
        self.string ?? self.integer.map { String($0) }
    }

    /// Calls the body with each element of an array in order. Other kinds have none.
    fileprivate func eachElement(_ body: (JSONValue) throws(JSONError) -> Void) throws(JSONError) {
        var failure: JSONError?
        self.forEachElement { element in
            do throws(JSONError) {
                try body(element)
            } catch {
                failure = error
            }
            return failure == nil
        }
        if let failure { throw failure }
    }
}
