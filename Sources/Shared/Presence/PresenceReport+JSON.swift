// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

extension PresenceReport {
    private static let members = JSONMemberNames("node", "time", "count", "sockets")

    /// The report in the format that nodes exchange and the admin API returns.
    public var json: [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("node", self.node)
        writer.member("time", self.time)
        writer.member("count", self.count)
        writer.member("sockets", json: JSONWriter.array(self.sockets.map(\.json)))
        return writer.finish()
    }

    /// Parses a report; nil if it is invalid, such as another version's.
    public init?(json: UnsafeRawBufferPointer) {
        guard let view = try? JSONObjectView(validating: json, members: Self.members, maximumDepth: 8),
            let node = view["node"]?.string, let time = view["time"]?.integer,
            let count = view["count"]?.integer, let list = view["sockets"]
        else { return nil }
        var sockets: [SocketPresence] = []
        list.forEachElement { element in
            if let socket = SocketPresence(element) { sockets.append(socket) }
            return sockets.count < Self.limit
        }
        self.init(node: node, time: time, count: Int(clamping: count), sockets: sockets)
    }
}

extension SocketPresence {
    private static let members = JSONMemberNames("protocol", "since", "token", "consumer", "offset")

    /// The connection's object within the report.
    public var json: [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("protocol", self.speech.rawValue)
        writer.member("since", self.since)
        if let token { writer.member("token", token.text) }
        if let consumer { writer.member("consumer", consumer) }
        if let offset { writer.member("offset", offset) }
        return writer.finish()
    }

    fileprivate init?(_ value: JSONValue) {
        guard let view = try? value.object(members: Self.members),
            let speech = view["protocol"]?.string.flatMap({ Speech(rawValue: $0) }), let since = view["since"]?.integer
        else { return nil }
        self.init(
            speech: speech,
            since: since,
            token: view["token"]?.string.flatMap { BotName($0) },
            consumer: view["consumer"]?.string,
            offset: view["offset"]?.integer.flatMap { UInt64(exactly: $0) }
        )
    }
}
