// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Counts wrong secrets, tokens and signatures per address, and bans.
///
/// Failures are counted per address, and per pair of address and bot: a platform sends for all its bots from a few
/// addresses, and one misconfigured bot must not affect the others. So a pair is banned at half the failures; a genuine
/// request takes a failure back, at most one every few seconds; and an address that has sent genuine requests lately is
/// banned for pairs only, where the unknown bots count as one bot. Failures decay linearly: the number that triggers a
/// ban decays in one ban time.
///
/// Which bots' events an address has sent is remembered longer than which visitors it had: some bots have few events,
/// which must be distinguished from what others send through the same platform.
///
/// Which bots an address has accessed is remembered too: while it is banned for the unknown bots it may access only the
/// bots it knew before, so that a guesser with a bot of their own does not learn that a guess was right.
///
/// Pure, the clock is passed in. Bounded: entries unused for longest are dropped.
struct FailureLedger {
    /// How many addresses, and how many pairs, are remembered.
    static let capacity = 65_536
    /// How long an address counts as genuine after a visitor from it was admitted to a bot.
    static let genuineTime = TimeAmount.hours(1)
    /// How long an address counts as genuine after it sent a bot's events.
    static let senderTime = TimeAmount.hours(7 * 24)
    /// The minimum time between successes that take a failure back: more frequent ones could offset guesses.
    static let relief = TimeAmount.seconds(5)
    /// The longest delay of a refusal.
    static let longestDelay = TimeAmount.milliseconds(500)

    /// What failures are counted by. The unknown bots count as one.
    struct Pair: Hashable {
        var address: IPAddress
        var bot: ChannelID?
    }

    private struct Record {
        var failures = 0.0
        var updated: NIODeadline
        var banEnd: NIODeadline?
        /// The earliest time for the next success to take a failure back.
        var nextRelief = NIODeadline.uptimeNanoseconds(0)
    }

    /// An address that has accessed a bot, or has sent its events: one does not imply the other.
    private struct Acquaintance: Hashable {
        var pair: Pair
        var isVisitor: Bool
    }

    /// What a failure leads to.
    struct Outcome: Equatable {
        /// How long to delay its refusal.
        var delay: TimeAmount
        /// The ban that begins now, if any.
        var ban: LimitRefusal?
    }

    private let banAfter: Double
    private let banTime: TimeAmount
    private var addresses: BoundedCache<IPAddress, Record>
    private var pairs: BoundedCache<Pair, Record>
    private var genuine: BoundedCache<IPAddress, NIODeadline>
    private var acquaintances: BoundedCache<Acquaintance, NIODeadline>

    /// - Parameters:
    ///   - banAfter: how many failures ban an address, at least 1.
    ///   - banTime: for how long.
    init(banAfter: Int, banTime: TimeAmount, capacity: Int = FailureLedger.capacity) {
        precondition(banAfter > 0, "a ledger that bans nobody is none")
        self.banAfter = Double(banAfter)
        self.banTime = banTime
        self.addresses = BoundedCache(capacity: capacity)
        self.pairs = BoundedCache(capacity: capacity)
        self.genuine = BoundedCache(capacity: capacity)
        self.acquaintances = BoundedCache(capacity: capacity)
    }

    /// How many records there are.
    var count: Int { self.addresses.count + self.pairs.count + self.genuine.count + self.acquaintances.count }

    /// How long an address is still banned for all requests; nil if it is not.
    mutating func ban(of address: IPAddress, now: NIODeadline) -> TimeAmount? {
        Self.remaining(self.addresses.value(for: address)?.banEnd, now: now)
    }

    /// How long an address is still banned for a bot; nil if it is not.
    mutating func ban(of pair: Pair, now: NIODeadline) -> TimeAmount? {
        Self.remaining(self.pairs.value(for: pair)?.banEnd, now: now)
    }

    /// Whether an address has lately accessed a bot as a visitor, or sent its events.
    mutating func knows(_ pair: Pair, asVisitor isVisitor: Bool, now: NIODeadline) -> Bool {
        self.acquaintances.value(for: Acquaintance(pair: pair, isVisitor: isVisitor)).map { now < $0 } ?? false
    }

    /// A client that named a bot was refused; the caller counts it as a failure at the unknown bots too.
    ///
    /// The threshold is that of the unknown bots: otherwise it would reveal that the bot exists.
    mutating func failedByName(_ pair: Pair, now: NIODeadline) -> Outcome {
        var own = self.record(self.pairs.value(for: pair), now: now)
        own.failures += 1
        let isBanned = own.failures >= self.banAfter
        let failures = own.failures
        if isBanned { own = Record(updated: now, banEnd: now + self.banTime) }
        self.pairs.insert(own, for: pair)
        return Outcome(delay: self.delay(after: failures), ban: isBanned ? .bannedForBot : nil)
    }

    /// A client presented a wrong secret, token or signature.
    mutating func failed(_ pair: Pair, now: NIODeadline) -> Outcome {
        let isGenuine = self.isGenuine(pair.address, now: now)
        var ban: LimitRefusal?

        var own = self.record(self.pairs.value(for: pair), now: now)
        own.failures += 1
        // Guesses that match no bot ban the address as a whole; they ban the pair only if the address is genuine.
        let threshold = pair.bot == nil ? self.banAfter : max(1, (self.banAfter / 2).rounded(.up))
        if pair.bot != nil || isGenuine, own.failures >= threshold {
            own = Record(updated: now, banEnd: now + self.banTime)
            ban = .bannedForBot
        }
        self.pairs.insert(own, for: pair)

        var whole = self.record(self.addresses.value(for: pair.address), now: now)
        whole.failures += 1
        let failures = whole.failures
        if !isGenuine, whole.failures >= self.banAfter {
            whole = Record(updated: now, banEnd: now + self.banTime)
            ban = .banned
        }
        self.addresses.insert(whole, for: pair.address)
        return Outcome(delay: self.delay(after: failures), ban: ban)
    }

    /// A client sent a genuine request or, as a visitor, was admitted to a bot.
    mutating func succeeded(_ pair: Pair, asVisitor isVisitor: Bool, now: NIODeadline) {
        let end = now + (isVisitor ? Self.genuineTime : Self.senderTime)
        // A visitor does not cut short what a sender has earned.
        let genuineEnd = isVisitor ? max(end, self.genuine.value(for: pair.address) ?? end) : end
        self.genuine.insert(genuineEnd, for: pair.address)
        self.acquaintances.insert(end, for: Acquaintance(pair: pair, isVisitor: isVisitor))
        if let record = self.pairs.value(for: pair) {
            self.pairs.insert(self.relieved(record, now: now), for: pair)
        }
        if let record = self.addresses.value(for: pair.address) {
            self.addresses.insert(self.relieved(record, now: now), for: pair.address)
        }
    }

    private func relieved(_ record: Record, now: NIODeadline) -> Record {
        var record = self.record(record, now: now)
        guard record.failures > 0, now >= record.nextRelief else { return record }
        record.failures = max(0, record.failures - 1)
        record.nextRelief = now + Self.relief
        return record
    }

    private mutating func isGenuine(_ address: IPAddress, now: NIODeadline) -> Bool {
        self.genuine.value(for: address).map { now < $0 } ?? false
    }

    /// A record with its failures decayed to the current time.
    private func record(_ record: Record?, now: NIODeadline) -> Record {
        guard var record else { return Record(updated: now) }
        let elapsed = Double(max(0, (now - record.updated).nanoseconds))
        record.failures = max(0, record.failures - elapsed / Double(self.banTime.nanoseconds) * self.banAfter)
        record.updated = max(now, record.updated)
        return record
    }

    /// A few failures are normal, and are answered at once.
    private func delay(after failures: Double) -> TimeAmount {
        let beyond = failures - max(3, self.banAfter / 10)
        guard beyond > 0 else { return .zero }
        return min(.milliseconds(Int64(beyond * 10) + 10), Self.longestDelay)
    }

    private static func remaining(_ end: NIODeadline?, now: NIODeadline) -> TimeAmount? {
        end.flatMap { $0 > now ? $0 - now : nil }
    }
}
