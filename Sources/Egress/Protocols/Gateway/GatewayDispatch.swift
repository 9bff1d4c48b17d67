// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A webhook's event as a gateway's dispatch: `{"op":0,"s":…,"t":…,"id":…,"d":…}`, with `d` as it came.
struct GatewayDispatch: Sendable {
    let position: Position
    let type: String
    /// The guild that it belongs to, which determines its shard.
    let guild: UInt64?
    /// The frame, the same for every session of the channel.
    let frame: ByteBuffer

    private static let envelope = JSONMemberNames("op", "id", "d", "t")
    /// Types reserved for the session itself: no event may use them.
    private static let ownTypes: Set = ["READY", "RESUMED"]
    private static let guildNames = JSONMemberNames("guild_id", "id")

    /// The dispatch of an event; nil for an event that is none, which a gateway client could not handle.
    init?(_ entry: LogEntry) {
        // A session has no consumer name that an event could be addressed to.
        guard entry.event.isFor(.anybody) else { return nil }
        // A text frame must be UTF-8; invalid bytes are replaced so that the event still arrives.
        let body =
            entry.event.bodyIsUTF8
            ? entry.event.body : ByteBuffer(string: String(decoding: entry.event.body.readableBytesView, as: UTF8.self))
        let parts = body.withUnsafeReadableBytes { bytes -> (String, UInt64?, ByteBuffer)? in
            guard let view = try? JSONObjectView(validating: bytes, members: Self.envelope),
                view["op"]?.integer == GatewayProtocol.Opcode.dispatch.rawValue, let type = view["t"],
                let name = type.string, !name.isEmpty, !Self.ownTypes.contains(name)
            else { return nil }
            let frame = Self.frame(entry.position.offset, type: type, id: view["id"], data: view["d"])
            return (name, Self.guild(of: name, data: view["d"]), frame)
        }
        guard let (type, guild, frame) = parts else { return nil }
        self.position = entry.position
        self.type = type
        self.guild = guild
        self.frame = frame
    }

    private static func frame(_ offset: UInt64, type: JSONValue, id: JSONValue?, data: JSONValue?) -> ByteBuffer {
        let head = #"{"op":0,"s":\#(GatewayProtocol.sequence(of: offset)),"t":"#
        var length = head.utf8.count + type.raw.count + 1
        if let id { length += 6 + id.raw.count }
        length += 5 + (data?.raw.count ?? 2)
        var frame = ByteBuffer()
        frame.reserveCapacity(WebSocketFrameEncoder.headerLength(payloadLength: length) + length)
        WebSocketFrameEncoder.appendHeader(.text, payloadLength: length, into: &frame)
        frame.writeString(head)
        frame.writeBytes(type.raw)
        if let id {
            frame.writeStaticString(#","id":"#)
            frame.writeBytes(id.raw)
        }
        frame.writeStaticString(#","d":"#)
        if let data {
            frame.writeBytes(data.raw)
        } else {
            frame.writeStaticString("{}")
        }
        frame.writeStaticString("}")
        return frame
    }

    /// `d.guild_id`; of a guild's own events `d.id` is the guild.
    private static func guild(of type: String, data: JSONValue?) -> UInt64? {
        guard let data = try? data?.object(members: Self.guildNames) else { return nil }
        let id =
            data["guild_id"] ?? (["GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE"].contains(type) ? data["id"] : nil)
        return id?.string.flatMap { UInt64($0) }
    }
}
