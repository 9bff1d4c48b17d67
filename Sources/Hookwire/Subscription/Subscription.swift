// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A command's options for the relay's envelope socket: the query of its URL. docs/delivery.md has the parameters.
struct Subscription: Equatable, Sendable {
    /// Where the events begin.
    enum Start: Equatable, Sendable {
        /// With what comes.
        case live
        /// Behind what the consumer is done with.
        case cursor
        /// With what was received within a time, such as `5m`.
        case since(String)
        /// Behind a position.
        case after(Position)
    }

    var start = Start.live
    /// Whose place in the log is kept by the relay, and moved by acknowledgements; nil moves none.
    var consumer: String?
    /// `type`, `where` and the like, with their values.
    var filters: [Filter] = []

    /// One parameter that leaves events out.
    struct Filter: Equatable, Sendable {
        static let names: Set<String> = ["type", "where", "group_openid", "user_openid", "guild_id", "channel_id"]

        var name: String
        var value: String

        /// Reads `type=GROUP_AT_MESSAGE_CREATE`; nil for what is none.
        init?(_ text: String) {
            guard let sign = text.firstIndex(of: "=") else { return nil }
            self.name = String(text[..<sign])
            self.value = String(text[text.index(after: sign)...])
            guard Self.names.contains(self.name), !self.value.isEmpty else { return nil }
        }
    }

    /// The same for another connection. A consumer's place is the relay's from the first connection on, wherever that
    /// began.
    ///
    /// - Parameters:
    ///   - received: up to where all has come; nil where that is not known.
    ///   - milliseconds: how long ago the first connection was made; nil where there was none.
    ///   - age: how long ago what is missing may have come, where a position does not say where to go on; nil where it does.
    func resumed(behind received: Position?, openFor milliseconds: Int64?, missing age: Int64? = nil) -> Subscription {
        guard let milliseconds else { return self }
        var resumed = self
        if self.consumer != nil {
            resumed.start = .cursor
        } else if let age {
            resumed.start = .since("\(self.limited(age, openFor: milliseconds))ms")
        } else if let received {
            resumed.start = .after(received)
        } else {
            // What came while the client was away is not to be missed, and a time is counted from when it is asked.
            let away = min(max(1, milliseconds), Self.longestMilliseconds)
            switch self.start {
            case .live:
                resumed.start = .since("\(away)ms")
            case .since(let text):
                resumed.start = .since("\(min(Self.milliseconds(text) + away, Self.longestMilliseconds))ms")
            case .cursor, .after:
                break
            }
        }
        return resumed
    }

    /// No longer ago than what was asked for first.
    private func limited(_ age: Int64, openFor milliseconds: Int64) -> Int64 {
        let open = min(max(1, milliseconds), Self.longestMilliseconds)
        let limit =
            switch self.start {
            case .live: open
            case .since(let text): min(Self.milliseconds(text) + open, Self.longestMilliseconds)
            case .cursor, .after: Self.longestMilliseconds
            }
        return min(max(1, age), limit)
    }

    private static func milliseconds(_ text: String) -> Int64 {
        (DurationText.parse(text)?.nanoseconds ?? 0) / 1_000_000
    }

    /// As far back as anybody asks.
    private static let longestMilliseconds: Int64 = 366 * 86_400_000

    /// The query. The secret is not in it.
    var query: String {
        var pairs: [(String, String)] = []
        if let consumer { pairs += [("consumer", consumer), ("ack", "1")] }
        switch self.start {
        case .live: pairs.append(("backlog", "off"))
        case .cursor: pairs.append(("backlog", self.consumer == nil ? "on" : "new"))
        case .since(let time): pairs.append(("since", time))
        case .after(let position): pairs.append(("after", position.description))
        }
        // A client that keeps its own position only observes: what it gets does not count as received for others.
        if self.consumer == nil, self.start != .live, self.start != .cursor { pairs.append(("backlog", "off")) }
        pairs += self.filters.map { ($0.name, $0.value) }
        return pairs.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
    }
}
