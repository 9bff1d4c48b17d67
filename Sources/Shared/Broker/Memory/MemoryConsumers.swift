// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule

/// The consumers and groups of the channels of a `MemoryBroker`, their dead letters, and the log positions of channels
/// that are no longer kept. Guarded by the broker's lock; pure, with the clock passed in, in milliseconds.
struct MemoryConsumers {
    /// For how many channels that are no longer kept the named consumers, groups and dead letters are remembered.
    static let namedLimit = 4_096
    /// How many of the others are remembered, so that a returning client gets what it missed; each takes some 300
    /// bytes.
    static let bareLimit = 65_536

    /// The state of one channel.
    struct Channel {
        var cursors: [ConsumerName: Position] = [:]
        var groups: [ConsumerName: MemoryGroup] = [:]
        var deadLetters: Deque<DeadLetter> = []
        var lastDeadLetter: UInt64 = 0
        /// The log's head when the channel was released; nil before that.
        fileprivate var head: Position?

        /// Whether there is more than the cursor of the sockets that name no consumer.
        fileprivate var isNamed: Bool {
            !self.groups.isEmpty || !self.deadLetters.isEmpty || self.cursors.keys.contains { $0 != .anybody }
        }
    }

    /// The memory overhead of a dead letter beyond its event, in bytes.
    private static let deadLetterCost = 400
    /// How many stale entries `letters` may hold beyond its number of live ones.
    private static let staleLetters = 1_024

    private var channels: [ChannelID: Channel] = [:]
    /// The released channels that had named consumers, groups or dead letters when they were released.
    private var named = MemoryForgotten()
    /// The other released channels that are remembered.
    private var bare = MemoryForgotten()
    /// All dead letters, oldest first; deleted ones stay until they are passed or make up most of the queue.
    private(set) var letters: Deque<(channel: ChannelID, number: UInt64)> = []
    /// The number of live entries.
    private var letterCount = 0

    /// The estimated memory of the dead letters, in bytes.
    private(set) var deadLetterBytes = 0

    /// The channel is kept again: it is removed from the eviction order.
    mutating func keep(_ channel: ChannelID) {
        self.named.remove(channel)
        self.bare.remove(channel)
    }

    /// Where the log of a released channel continues; nil if it must start over.
    func head(of channel: ChannelID) -> Position? { self.channels[channel]?.head }

    /// The channel is released: it has no feeds, and its log, whose head is at `head`, has no events.
    ///
    /// - Returns: the channels whose logs had events and are not remembered from now on.
    mutating func forget(_ channel: ChannelID, head: Position) -> [ChannelID] {
        let isNamed = self.channels[channel]?.isNamed == true
        // A log that never had an event is recreated identically.
        guard isNamed || head.offset > 0 || self.channels[channel]?.cursors.isEmpty == false else {
            self.remove(channel)
            return []
        }
        self.channels[channel, default: Channel()].head = head
        if isNamed { self.named.append(channel) } else { self.bare.append(channel) }
        var ended: [ChannelID] = []
        while self.bare.count > Self.bareLimit, let oldest = self.bare.popFirst() {
            if self.channels[oldest]?.isNamed == true {
                self.named.append(oldest)
            } else {
                self.end(oldest, into: &ended)
            }
        }
        while self.named.count > Self.namedLimit, let oldest = self.named.popFirst() {
            self.end(oldest, into: &ended)
        }
        return ended
    }

    private mutating func end(_ channel: ChannelID, into ended: inout [ChannelID]) {
        if let head = self.head(of: channel), head.offset > 0 { ended.append(channel) }
        self.remove(channel)
    }

    private mutating func remove(_ channel: ChannelID) {
        for letter in self.channels[channel]?.deadLetters ?? [] { self.discount(letter) }
        self.channels[channel] = nil
        self.keep(channel)
    }

    private mutating func count(_ letter: DeadLetter, of channel: ChannelID) {
        self.deadLetterBytes += Self.cost(letter)
        self.letterCount += 1
        self.letters.append((channel, letter.number))
    }

    /// Subtracts a deleted dead letter from the counts.
    private mutating func discount(_ letter: DeadLetter) {
        self.deadLetterBytes -= Self.cost(letter)
        self.letterCount -= 1
    }

    private static func cost(_ letter: DeadLetter) -> Int { self.deadLetterCost + letter.entry.event.memory }

    /// Removes stale entries once they outnumber the live ones.
    private mutating func compactLetters() {
        guard self.letters.count > 2 * self.letterCount + Self.staleLetters else { return }
        let present = self.channels.compactMapValues { channel in
            channel.deadLetters.isEmpty ? nil : Set(channel.deadLetters.map(\.number))
        }
        self.letters.removeAll { present[$0.channel]?.contains($0.number) != true }
    }

    /// Drops the oldest dead letter of all channels; false if there is none.
    mutating func removeOldestDeadLetter() -> Bool {
        while let oldest = self.letters.popFirst() {
            if self.dropDeadLetter(oldest.number, of: oldest.channel) { return true }
        }
        return false
    }

    // MARK: Cursors

    /// A consumer's cursor.
    func cursor(of consumer: ConsumerName, on channel: ChannelID) -> Position? {
        self.channels[channel]?.cursors[consumer]
    }

    /// Moves a consumer's cursor on a channel with this log.
    ///
    /// Over the limit, cursors whose next event is no longer retained are dropped: a client that returns under such a
    /// name begins with the oldest retained event, as it would have with its cursor.
    mutating func moveCursor(
        of consumer: ConsumerName,
        on channel: ChannelID,
        to position: Position,
        log: MemoryLog
    ) throws(BrokerError) {
        guard position.epoch == log.epoch else { return }
        if let present = self.channels[channel]?.cursors[consumer] {
            guard present.epoch != position.epoch || present.offset < position.offset else { return }
        } else if consumer != .anybody {
            let cursors = self.channels[channel]?.cursors ?? [:]
            if cursors.keys.count(where: { !$0.isAnybody }) >= ConsumerName.limit {
                let kept = cursors.filter { $0.key.isAnybody || !log.isAhead(of: $0.value) }
                self.channels[channel]?.cursors = kept
                guard kept.keys.count(where: { !$0.isAnybody }) < ConsumerName.limit else { throw .tooManyConsumers }
            }
        }
        var consumers = self.channels[channel] ?? Channel()
        consumers.cursors[consumer] = position
        self.channels[channel] = consumers
    }

    // MARK: Groups

    /// Takes events for a member of a group.
    ///
    /// - Parameters:
    ///   - oldestTime: events stored before it have expired.
    ///   - deadLetterLimit: how many dead letters a channel retains.
    mutating func take(
        _ request: GroupRequest,
        on channel: ChannelID,
        from log: MemoryLog,
        notBefore oldestTime: Int64,
        deadLetterLimit: Int,
        now: Int64
    ) throws(BrokerError) -> GroupPage {
        var consumers = self.channels[channel] ?? Channel()
        if consumers.groups[request.group] == nil, consumers.groups.count >= ConsumerName.limit {
            consumers.groups = consumers.groups.filter { !log.isAhead(of: $0.value.position) }
            self.channels[channel] = consumers
            guard consumers.groups.count < ConsumerName.limit else { throw .tooManyConsumers }
        }
        // Taken out so that it is mutated in place rather than copied on write.
        self.channels[channel] = nil
        var group =
            consumers.groups.removeValue(forKey: request.group)
            ?? MemoryGroup(start: request.start, log: log, notBefore: oldestTime)
        let take = group.take(request, from: log, notBefore: oldestTime, now: now)
        consumers.groups[request.group] = group
        for delivery in take.givenUp {
            consumers.lastDeadLetter += 1
            let letter = DeadLetter(
                number: consumers.lastDeadLetter,
                group: request.group,
                attempts: delivery.attempt,
                time: now,
                entry: delivery.entry
            )
            consumers.deadLetters.append(letter)
            self.count(letter, of: channel)
        }
        while consumers.deadLetters.count > deadLetterLimit {
            self.discount(consumers.deadLetters.removeFirst())
        }
        self.channels[channel] = consumers
        self.compactLetters()
        return GroupPage(deliveries: take.deliveries, deadLetters: take.givenUp.count, lost: take.lost)
    }

    /// Settles what a member took.
    mutating func settle(_ settlement: GroupSettlement, on channel: ChannelID, now: Int64) {
        self.channels[channel]?.groups[settlement.group]?.settle(settlement, now: now)
    }

    // MARK: Dead letters

    /// The dead letters of a channel that were given up no earlier than `oldestTime`.
    mutating func deadLetters(
        of channel: ChannelID,
        after number: UInt64,
        limit: Int,
        notBefore oldestTime: Int64
    ) -> [DeadLetter] {
        guard var consumers = self.channels[channel], !consumers.deadLetters.isEmpty else { return [] }
        while let oldest = consumers.deadLetters.first, oldest.time < oldestTime {
            self.discount(consumers.deadLetters.removeFirst())
        }
        self.channels[channel] = consumers
        return Array(consumers.deadLetters.lazy.filter { $0.number > number }.prefix(limit))
    }

    /// Deletes a dead letter; false if there was none.
    mutating func dropDeadLetter(_ number: UInt64, of channel: ChannelID) -> Bool {
        let index = self.channels[channel]?.deadLetters.firstIndex { $0.number == number }
        guard let index, let letter = self.channels[channel]?.deadLetters.remove(at: index) else { return false }
        self.discount(letter)
        return true
    }
}
