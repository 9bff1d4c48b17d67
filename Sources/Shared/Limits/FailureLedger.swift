// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Who gave wrong secrets, tokens and signatures, how often, and who is banned for it.
///
/// Failures are counted for an address, and for an address and a bot: a platform sends for all its bots from a few addresses,
/// and one bot that is set up wrongly must not cost the others. So a pair is banned at half the failures; a genuine request
/// takes a failure back, one in some seconds; and an address that has sent genuine requests lately is banned for pairs only,
/// where the unknown bots are a pair too. Failures are forgotten at a rate of as many as ban in the time of a ban.
///
/// Which bots an address has come in to is remembered too: whoever guesses with a bot of their own beside must not learn that
/// a guess was right, so that such an address, while it is banned for the unknown bots, is let in to the bots it knew before.
///
/// Pure, the clock is passed in. Bounded: what was not heard of for longest is forgotten.
struct FailureLedger {
    /// Which addresses, and pairs, are remembered at most.
    static let capacity = 65_536
    /// How long an address counts as genuine.
    static let genuineTime = TimeAmount.hours(1)
    /// How far apart successes are that take a failure back: more of them would pay for guesses.
    static let relief = TimeAmount.seconds(5)
    /// The longest that a refusal is held back.
    static let longestDelay = TimeAmount.milliseconds(500)

    /// Who it is that failed. The unknown bots are one.
    struct Pair: Hashable {
        var address: IPAddress
        var bot: ChannelID?
    }

    private struct Record {
        var failures = 0.0
        var updated: NIODeadline
        var banEnd: NIODeadline?
        /// Before this no success takes a failure back.
        var nextRelief = NIODeadline.uptimeNanoseconds(0)
    }

    /// An address that has come in to a bot, or has sent its events: who did one may not have been able to do the other.
    private struct Acquaintance: Hashable {
        var pair: Pair
        var isVisitor: Bool
    }

    /// What a failure leads to.
    struct Outcome: Equatable {
        /// How long its refusal is held back.
        var delay: TimeAmount
        /// Who is banned from now on.
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

    /// How long an address is banned for all that it asks; nil where it is not.
    mutating func ban(of address: IPAddress, now: NIODeadline) -> TimeAmount? {
        Self.remaining(self.addresses.value(for: address)?.banEnd, now: now)
    }

    /// How long an address is banned for a bot; nil where it is not.
    mutating func ban(of pair: Pair, now: NIODeadline) -> TimeAmount? {
        Self.remaining(self.pairs.value(for: pair)?.banEnd, now: now)
    }

    /// Whether an address has come in to a bot lately, or has sent its events.
    mutating func knows(_ pair: Pair, asVisitor isVisitor: Bool, now: NIODeadline) -> Bool {
        self.acquaintances.value(for: Acquaintance(pair: pair, isVisitor: isVisitor)).map { now < $0 } ?? false
    }

    /// Somebody named a bot and was not let in to it, which is counted besides as a failure at the unknown bots.
    ///
    /// It takes as many as ban for these: otherwise it would tell that there is such a bot.
    mutating func namedInVain(_ pair: Pair, now: NIODeadline) -> Outcome {
        var own = self.record(self.pairs.value(for: pair), now: now)
        own.failures += 1
        let isBanned = own.failures >= self.banAfter
        let failures = own.failures
        if isBanned { own = Record(updated: now, banEnd: now + self.banTime) }
        self.pairs.insert(own, for: pair)
        return Outcome(delay: self.delay(after: failures), ban: isBanned ? .bannedForBot : nil)
    }

    /// Somebody gave a wrong secret, token or signature.
    mutating func failed(_ pair: Pair, now: NIODeadline) -> Outcome {
        let isGenuine = self.isGenuine(pair.address, now: now)
        var ban: LimitRefusal?

        var own = self.record(self.pairs.value(for: pair), now: now)
        own.failures += 1
        // Guesses at nobody's secret say nothing of a bot: they ban for themselves only where they cannot ban the address.
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

    /// Somebody sent a genuine request, or, a visitor, was let in to a bot.
    mutating func succeeded(_ pair: Pair, asVisitor isVisitor: Bool, now: NIODeadline) {
        self.genuine.insert(now + Self.genuineTime, for: pair.address)
        self.acquaintances.insert(now + Self.genuineTime, for: Acquaintance(pair: pair, isVisitor: isVisitor))
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

    /// A record as it is now: some failures are forgotten.
    private func record(_ record: Record?, now: NIODeadline) -> Record {
        guard var record else { return Record(updated: now) }
        let elapsed = Double(max(0, (now - record.updated).nanoseconds))
        record.failures = max(0, record.failures - elapsed / Double(self.banTime.nanoseconds) * self.banAfter)
        record.updated = max(now, record.updated)
        return record
    }

    /// A few failures happen to everybody, and are answered at once.
    private func delay(after failures: Double) -> TimeAmount {
        let beyond = failures - max(3, self.banAfter / 10)
        guard beyond > 0 else { return .zero }
        return min(.milliseconds(Int64(beyond * 10) + 10), Self.longestDelay)
    }

    private static func remaining(_ end: NIODeadline?, now: NIODeadline) -> TimeAmount? {
        end.flatMap { $0 > now ? $0 - now : nil }
    }
}
