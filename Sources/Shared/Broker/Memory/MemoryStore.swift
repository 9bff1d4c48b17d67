// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore

/// All channels of a `MemoryBroker`, and the accounting of their memory.
///
/// Pure but for the receivers it hands entries to; the broker keeps it under one lock and passes the clock in,
/// in milliseconds.
struct MemoryStore {
    private struct Age {
        var channel: MemoryChannel
        var offset: UInt64

        /// When it was stored; nil if it is gone.
        var storedAt: Int64? { self.channel.log.retained(at: self.offset)?.storedAt }
    }

    /// The memory overhead of an event beyond its bytes: the entry, its place in the order of ages and the strings'
    /// headers, in bytes.
    private static let entryCost = 320

    private let configuration: MemoryBrokerConfiguration
    private var channels: [ChannelID: MemoryChannel] = [:]
    private var keys = MemoryKeys()
    private var epochs = MemoryEpochs()
    private var consumers = MemoryConsumers()
    /// All retained events from the oldest to the newest. Entries of events trimmed by count stay until they are passed
    /// or outnumber the retained ones.
    private var ages: Deque<Age> = []
    /// The same for events of channels with their own retention age, keyed by that age.
    private var ownAges: [Int64: Deque<Age>] = [:]
    private var ownAgeCount: Int { self.ownAges.isEmpty ? 0 : self.ownAges.values.reduce(0) { $0 + $1.count } }
    private var retainedCount = 0
    private var entryBytes = 0
    private var lastFeedNumber: UInt64 = 0

    init(configuration: MemoryBrokerConfiguration) {
        precondition(configuration.retentionCount > 0, "a log must retain at least one event")
        self.configuration = configuration
    }

    /// The estimated memory of logs and keys, in bytes.
    var memory: Int { self.entryBytes + self.keys.count * MemoryKeys.cost + self.consumers.deadLetterBytes }

    /// How many channels have retained events or feeds.
    var channelCount: Int { self.channels.count }

    mutating func publish(
        _ event: Event,
        to id: ChannelID,
        key: DuplicateKey?,
        retention: ChannelRetention?,
        now: Int64
    ) throws(BrokerError) -> (publication: Publication, pressure: [EventLoopFuture<Void>]) {
        let cost = Self.entryCost + event.memory
        guard cost <= self.configuration.memoryLimit else { throw .eventTooLarge }
        self.removeExpired(now: now)
        if let key {
            guard self.keys.insert(key, channel: id, now: now) else { return (.duplicate, []) }
        }
        let channel = self.channel(id)
        let entry = channel.log.append(event, cost: cost, now: now)
        self.entryBytes += cost
        self.retainedCount += 1
        let age = Age(channel: channel, offset: entry.position.offset)
        if retention == nil, channel.retention == nil {
            self.ages.append(age)
            if channel.log.retained.count > self.configuration.retentionCount {
                self.removeOldest(of: channel)
            }
        } else {
            self.keep(age, retention)
        }
        self.removeOverMemory()
        var pressure: [EventLoopFuture<Void>] = []
        for feed in channel.feeds {
            if let asked = feed.receiver.receive(entry) {
                pressure.append(asked.relief)
            }
        }
        return (.stored(entry.position, feeds: channel.feeds.count), pressure)
    }

    mutating func addFeed(to id: ChannelID, receiver: any FeedReceiver) -> (number: UInt64, start: Position) {
        let channel = self.channel(id)
        self.lastFeedNumber += 1
        channel.feeds.append(MemoryChannel.Feed(number: self.lastFeedNumber, receiver: receiver))
        return (self.lastFeedNumber, channel.log.head)
    }

    mutating func removeFeed(_ number: UInt64, from id: ChannelID) {
        guard let channel = self.channels[id] else { return }
        channel.feeds.removeAll { $0.number == number }
        self.forgetIfUnused(channel)
    }

    func page(_ id: ChannelID, after position: Position?, limit: Int, now: Int64) -> LogPage {
        self.log(of: id).page(
            after: position,
            limit: limit,
            notBefore: now - self.age(of: id)
        )
    }

    func cursor(of consumer: ConsumerName, on id: ChannelID) -> Position? {
        self.consumers.cursor(of: consumer, on: id)
    }

    mutating func moveCursor(
        of consumer: ConsumerName,
        on id: ChannelID,
        to position: Position
    ) throws(BrokerError) {
        try self.consumers.moveCursor(of: consumer, on: id, to: position, log: self.log(of: id))
    }

    mutating func take(_ request: GroupRequest, on id: ChannelID, now: Int64) throws(BrokerError) -> GroupPage {
        defer { self.removeOverMemory() }
        return try self.consumers.take(
            request,
            on: id,
            from: self.log(of: id),
            notBefore: now - self.age(of: id),
            deadLetterLimit: self.configuration.retentionCount,
            now: now
        )
    }

    mutating func settle(_ settlement: GroupSettlement, on id: ChannelID, now: Int64) {
        self.consumers.settle(settlement, on: id, now: now)
    }

    mutating func deadLetters(of id: ChannelID, after number: UInt64, limit: Int, now: Int64) -> [DeadLetter] {
        let age = self.configuration.retentionAgeMilliseconds.multipliedReportingOverflow(
            by: DeadLetter.retentionFactor
        )
        return self.consumers.deadLetters(
            of: id,
            after: number,
            limit: limit,
            notBefore: age.overflow ? .min : now - age.partialValue
        )
    }

    mutating func dropDeadLetter(_ number: UInt64, of id: ChannelID) -> Bool {
        self.consumers.dropDeadLetter(number, of: id)
    }

    /// The log of a channel: an empty one where there was no publication or feed within the retention. That one
    /// continues at its old head as long as it is remembered, and starts over otherwise.
    private func log(of id: ChannelID) -> MemoryLog {
        if let channel = self.channels[id] { return channel.log }
        return MemoryLog(head: self.consumers.head(of: id) ?? Position(epoch: self.epochs.epoch(of: id), offset: 0))
    }

    private mutating func channel(_ id: ChannelID) -> MemoryChannel {
        if let channel = self.channels[id] { return channel }
        let channel = MemoryChannel(id: id, log: self.log(of: id))
        self.channels[id] = channel
        self.consumers.keep(id)
        return channel
    }

    /// Files the newest event of a channel that has, or until now had, its own retention.
    private mutating func keep(_ age: Age, _ retention: ChannelRetention?) {
        let channel = age.channel
        channel.retention = retention
        self.file(age)
        let (count, bytes) = (retention?.count ?? self.configuration.retentionCount, retention?.bytes ?? .max)
        while channel.log.retained.count > count || (channel.log.retained.count > 1 && channel.log.cost > bytes) {
            self.removeOldest(of: channel)
        }
    }

    /// Queues an event after others of the same retention age. One whose retention age was shorter until now is queued
    /// after younger ones, and expires with them.
    private mutating func file(_ age: Age) {
        if let time = age.channel.retention?.ageMilliseconds {
            self.ownAges[time, default: []].append(age)
        } else {
            self.ages.append(age)
        }
    }

    /// How long events of a channel are kept, in milliseconds.
    private func age(of id: ChannelID) -> Int64 {
        self.channels[id].map { self.age(of: $0) } ?? self.configuration.retentionAgeMilliseconds
    }

    private func age(of channel: MemoryChannel) -> Int64 {
        channel.retention?.ageMilliseconds ?? self.configuration.retentionAgeMilliseconds
    }

    private mutating func removeExpired(now: Int64) {
        self.keys.removeExpired(now: now)
        while let age = self.ages.first {
            guard self.removeIfOver(age, after: self.configuration.retentionAgeMilliseconds, now: now) else { break }
            self.ages.removeFirst()
        }
        guard !self.ownAges.isEmpty else { return }
        for time in Array(self.ownAges.keys) {
            while let age = self.ownAges[time]?.first, self.removeIfOver(age, after: time, now: now) {
                self.ownAges[time]?.removeFirst()
            }
            if self.ownAges[time]?.isEmpty ?? false { self.ownAges[time] = nil }
        }
    }

    /// Removes an event that has exceeded its queue's age, or requeues it where its channel's retention has become
    /// longer.
    ///
    /// - Returns: whether it is no longer in its queue.
    private mutating func removeIfOver(_ age: Age, after time: Int64, now: Int64) -> Bool {
        let oldest = now - time
        if self.age(of: age.channel) > time, let storedAt = age.storedAt {
            guard storedAt < oldest else { return false }
            self.file(age)
            return true
        }
        // Earlier events with a longer retention go too: a log has no gaps.
        while age.offset >= age.channel.log.firstOffset {
            guard let first = age.channel.log.retained.first, first.storedAt < oldest else { return false }
            self.removeOldest(of: age.channel)
        }
        return true
    }

    /// The oldest event of all, or a stale entry.
    private mutating func popOldest() -> Age? {
        guard !self.ownAges.isEmpty else { return self.ages.popFirst() }
        // A stale entry sorts before any event.
        var (oldest, line) = (self.ages.first.map { $0.storedAt ?? .min } ?? .max, nil as Int64?)
        for (time, ages) in self.ownAges {
            guard let first = ages.first.map({ $0.storedAt ?? .min }), first < oldest else { continue }
            (oldest, line) = (first, time)
        }
        guard let line else { return self.ages.popFirst() }
        let age = self.ownAges[line]?.popFirst()
        if self.ownAges[line]?.isEmpty ?? false { self.ownAges[line] = nil }
        return age
    }

    private mutating func removeOverMemory() {
        // The event just stored is never evicted: it is about to be acknowledged.
        while self.memory > self.configuration.memoryLimit {
            if self.keys.count * MemoryKeys.cost > self.configuration.memoryLimit / 4 {
                self.keys.removeOldest()
            } else if self.consumers.deadLetterBytes > self.configuration.memoryLimit / 4 {
                guard self.consumers.removeOldestDeadLetter() else { break }
            } else if self.retainedCount > 1, let age = self.popOldest() {
                if age.offset >= age.channel.log.firstOffset {
                    self.removeOldest(of: age.channel)
                }
            } else {
                break
            }
        }
        if self.ages.count > 2 * self.retainedCount + 1_024 {
            self.ages.removeAll { $0.offset < $0.channel.log.firstOffset }
        }
        if self.ownAgeCount > 2 * self.retainedCount + 1_024 {
            self.ownAges = self.ownAges.mapValues { ages in
                Deque(ages.filter { $0.offset >= $0.channel.log.firstOffset })
            }.filter { !$0.value.isEmpty }
        }
    }

    private mutating func removeOldest(of channel: MemoryChannel) {
        self.entryBytes -= channel.log.removeOldest()
        self.retainedCount -= 1
        self.forgetIfUnused(channel)
    }

    private mutating func forgetIfUnused(_ channel: MemoryChannel) {
        if channel.log.retained.isEmpty, channel.feeds.isEmpty {
            self.channels[channel.id] = nil
            for ended in self.consumers.forget(channel.id, head: channel.log.head) { self.epochs.end(ended) }
        }
    }
}
