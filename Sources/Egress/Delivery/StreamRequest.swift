// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// What a client asks of its stream of events, in the query of its URL.
struct StreamRequest: Sendable {
    /// Where the client's stream begins.
    enum Start: Equatable, Sendable {
        /// With what comes.
        case live
        /// Behind a position that the client had.
        case after(Position)
        /// It gave something as its position that is none.
        case unreadable
        /// Behind what its consumer has had.
        case cursor
        /// The same; a consumer that is new begins behind what any client of the bot has had.
        case cursorBehindOthers
        /// Behind a position that the client had, or with what is left.
        case behind(Position)
        /// With what came within so many milliseconds.
        case since(Int64)
    }

    /// How a member of a group takes its events.
    struct Group: Equatable, Sendable {
        var name: ConsumerName
        var visibility: TimeAmount
        var attempts: Int
        /// How many events a member may have that it has not settled.
        var prefetch: Int
    }

    /// Which of its parameters the relay's own are short for.
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
    /// Whether the cursor moves by what the client acknowledges, not by what its system does.
    var acknowledges = false
    /// Its group, whose events its members share; nil for a stream of its own.
    var group: Group?
    /// What it wants; nil for all.
    var filter: EventFilter?
    /// Whether it is an inspector's, who looks on and is no recipient.
    var isInspector = false
    /// How many events of the backlog it is sent a second; nil for as many as it reads.
    var rate: Int?

    /// Reads a query.
    ///
    /// - Parameters:
    ///   - hasBacklog: whether a client that says nothing of it gets what nobody has had.
    /// - Throws: what is wrong, in words for the developer who wrote the URL.
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

    /// A value that cannot be decoded must not be taken for one that is not there.
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
    /// Whether a cursor says where it begins.
    var isCursor: Bool { self == .cursor || self == .cursorBehindOthers }
}
