// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A client's options for its stream of events, from the URL's query.
struct StreamRequest: Sendable {
    /// Where the client's stream begins.
    enum Start: Equatable, Sendable {
        /// With live events.
        case live
        /// After the client's last position.
        case after(Position)
        /// The client gave an invalid position.
        case unreadable
        /// At its consumer's cursor.
        case cursor
        /// The same; a new consumer begins at the cursor shared by the bot's unnamed clients.
        case cursorBehindOthers
        /// After the client's last position, or with the oldest retained event.
        case behind(Position)
        /// With events received within this many milliseconds.
        case since(Int64)
    }

    /// How a member of a group takes its events.
    struct Group: Equatable, Sendable {
        var name: ConsumerName
        var visibility: TimeAmount
        var attempts: Int
        /// How many unsettled events a member may hold.
        var prefetch: Int
    }

    /// The query parameters that are shorthands for conditions on the body.
    private static let shorthands: [(name: String, path: [String])] = [
        ("group_openid", ["d", "group_openid"]), ("user_openid", ["d", "author", "user_openid"]),
        ("guild_id", ["d", "guild_id"]), ("channel_id", ["d", "channel_id"]),
    ]
    private static let longestSince = TimeAmount.hours(24 * 366)
    private static let visibilities = TimeAmount.seconds(1)...TimeAmount.hours(12)

    /// Where it begins.
    var start = Start.live
    /// Whose cursor it begins at and moves; nil moves none.
    var consumer: ConsumerName? = .anybody
    /// Whether the cursor moves by the client's acknowledgements rather than by confirmed receipt.
    var acknowledges = false
    /// Its group, whose events its members share; nil for a stream of its own.
    var group: Group?
    /// Which events it wants; nil for all.
    var filter: EventFilter?
    /// Whether it is an inspector's, which only observes and does not count as a recipient.
    var isInspector = false
    /// How many backlog events it is sent per second; nil for no limit.
    var rate: Int?

    /// Reads a query.
    ///
    /// - Parameters:
    ///   - hasBacklog: whether a client gets the backlog by default.
    /// - Throws: what is wrong, described for the developer who wrote the URL.
    init(query: QueryParameters, hasBacklog: Bool) throws(SocketRefusal) {
        try Self.check(query)
        if let name = query["consumer"] {
            guard let consumer = ConsumerName(name) else { throw .badConsumer }
            self.consumer = consumer
        }
        self.group = try Self.group(query)
        guard self.group == nil || query["consumer"] == nil else { throw .conflictingConsumers }
        guard self.group == nil || query["since"] == nil else { throw .groupSince }
        self.start = try self.start(query, hasBacklog: hasBacklog)
        if query["backlog"] == "off", query["consumer"] == nil { self.consumer = nil }
        if let ack = query["ack"] {
            guard ack == "1", query["consumer"] != nil else { throw .badAck }
            self.acknowledges = true
        }
        if let reply = query["reply"] {
            guard reply == "1" || reply == "0" else { throw .badReply }
        }
        self.filter = try Self.filter(query)
        self.isInspector = query["client"] == "inspector"
        if let rate = query["rate"] {
            guard let events = Int(rate), (1...100_000).contains(events) else { throw .badRate }
            self.rate = events
        }
    }

    /// An undecodable value must not be treated as absent.
    private static func check(_ query: QueryParameters) throws(SocketRefusal) {
        for (name, refusal) in self.parameters where query.values(of: name).contains(nil) { throw refusal }
    }

    private static let parameters: [(name: String, refusal: SocketRefusal)] = [
        ("consumer", .badConsumer), ("group", .badConsumer), ("after", .badPosition), ("since", .badSince),
        ("backlog", .badBacklog), ("rate", .badRate), ("visibility", .badVisibility), ("attempts", .badAttempts),
        ("prefetch", .badPrefetch), ("ack", .badAck), ("reply", .badReply),
    ]

    private func start(_ query: QueryParameters, hasBacklog: Bool) throws(SocketRefusal) -> Start {
        let after = query["after"].flatMap { $0.isEmpty ? nil : $0 }
        guard after == nil || query["since"] == nil else { throw .conflictingStarts }
        if let after {
            guard let position = Position(after) else { throw .badPosition }
            return .after(position)
        }
        if let since = query["since"] {
            guard let time = DurationText.parse(since), time > .zero, time <= Self.longestSince else { throw .badSince }
            return .since(time.nanoseconds / 1_000_000)
        }
        switch query["backlog"] {
        case "off": return .live
        case "on": return .cursor
        case "new": return self.group == nil ? .cursorBehindOthers : .cursor
        case nil: return hasBacklog || self.consumer != .anybody || self.group != nil ? .cursor : .live
        default: throw .badBacklog
        }
    }

    private static func group(_ query: QueryParameters) throws(SocketRefusal) -> Group? {
        guard let name = query["group"] else { return nil }
        guard let name = ConsumerName(name) else { throw .badConsumer }
        var group = Group(name: name, visibility: .seconds(30), attempts: 5, prefetch: 32)
        if let visibility = query["visibility"] {
            guard let time = DurationText.parse(visibility), Self.visibilities.contains(time) else {
                throw .badVisibility
            }
            group.visibility = time
        }
        if let attempts = query["attempts"] {
            guard let count = Int(attempts), (1...100).contains(count) else { throw .badAttempts }
            group.attempts = count
        }
        if let prefetch = query["prefetch"] {
            guard let count = Int(prefetch), (1...1_000).contains(count) else { throw .badPrefetch }
            group.prefetch = count
        }
        return group
    }

    private static func filter(_ query: QueryParameters) throws(SocketRefusal) -> EventFilter? {
        var filter = EventFilter()
        for type in query.values(of: "type") {
            guard let type, (1...128).contains(type.utf8.count) else { throw .badFilter }
            filter.types.insert(type)
        }
        for text in query.values(of: "where") {
            guard let condition = text.flatMap({ EventFilter.Condition($0) }) else { throw .badFilter }
            filter.conditions.append(condition)
        }
        for (name, path) in self.shorthands {
            for value in query.values(of: name) {
                guard let value, !value.isEmpty else { throw .badFilter }
                filter.conditions.append(EventFilter.Condition(path: path, value: value))
            }
        }
        guard filter.types.count <= EventFilter.typeLimit, filter.conditions.count <= EventFilter.conditionLimit else {
            throw .badFilter
        }
        return filter.isEmpty ? nil : filter
    }
}

extension StreamRequest.Start {
    /// Whether it begins at a cursor.
    var isCursor: Bool { self == .cursor || self == .cursorBehindOthers }
}
