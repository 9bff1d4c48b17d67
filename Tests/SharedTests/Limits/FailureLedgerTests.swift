// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Shared

/// Who is banned for wrong secrets, tokens and signatures, and who is not.
@Suite struct FailureLedgerTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private static let banTime = TimeAmount.minutes(5)

    private static func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    /// Guesses at secrets ban their address, and nobody else's, until the time is over.
    @Test func guesses() throws {
        var ledger = FailureLedger(banAfter: 100, banTime: Self.banTime)
        let (guesser, other) = (try Self.address("192.0.2.1"), try Self.address("192.0.2.2"))
        var bans: [Int] = []
        for number in 1...10_000 where ledger.ban(of: guesser, now: Self.start) == nil {
            if ledger.failed(.init(address: guesser, bot: nil), now: Self.start).ban == .banned { bans.append(number) }
        }
        #expect(bans == [100])
        #expect(ledger.ban(of: guesser, now: Self.start) == Self.banTime)
        #expect(ledger.ban(of: other, now: Self.start) == nil)
        #expect(ledger.ban(of: guesser, now: Self.start + Self.banTime) == nil)
    }

    /// A platform with one bot that is set up wrongly is banned for that bot, and for no other.
    @Test func oneWrongBot() throws {
        var ledger = FailureLedger(banAfter: 100, banTime: Self.banTime)
        let platform = try Self.address("192.0.2.1")
        let (wrong, right) = (ChannelID.random(), ChannelID.random())
        var now = Self.start
        ledger.succeeded(.init(address: platform, bot: right), asVisitor: false, now: now)
        for second in 0..<3_000 {
            now = Self.start + .seconds(Int64(second))
            if ledger.ban(of: .init(address: platform, bot: wrong), now: now) == nil {
                for _ in 0..<10 { _ = ledger.failed(.init(address: platform, bot: wrong), now: now) }
            }
            #expect(ledger.ban(of: platform, now: now) == nil)
            #expect(ledger.ban(of: .init(address: platform, bot: right), now: now) == nil)
        }
        var isBanned = false
        for second in 0..<600 {
            now = now + .seconds(1)
            isBanned = isBanned || ledger.ban(of: .init(address: platform, bot: wrong), now: now) != nil
            _ = (second, ledger.failed(.init(address: platform, bot: wrong), now: now))
        }
        #expect(isBanned)
    }

    /// A pair is banned before its address is, even where the address has nothing genuine.
    @Test func pairFirst() throws {
        var ledger = FailureLedger(banAfter: 100, banTime: Self.banTime)
        let (address, bot) = (try Self.address("192.0.2.1"), ChannelID.random())
        let outcomes = (1...50).map { _ in ledger.failed(.init(address: address, bot: bot), now: Self.start).ban }
        #expect(outcomes.last == .bannedForBot)
        #expect(outcomes.dropLast().allSatisfy { $0 == nil })
        #expect(ledger.ban(of: address, now: Self.start) == nil)
        #expect(ledger.ban(of: .init(address: address, bot: bot), now: Self.start) != nil)
    }

    /// Somebody whose guesses are hidden behind a bot of their own is banned for bots that are not known.
    @Test func genuineGuesser() throws {
        var ledger = FailureLedger(banAfter: 20, banTime: Self.banTime)
        let (address, bot) = (try Self.address("192.0.2.1"), ChannelID.random())
        ledger.succeeded(.init(address: address, bot: bot), asVisitor: false, now: Self.start)
        for _ in 0..<20 { _ = ledger.failed(.init(address: address, bot: nil), now: Self.start) }
        #expect(ledger.ban(of: address, now: Self.start) == nil)
        #expect(ledger.ban(of: .init(address: address, bot: nil), now: Self.start) != nil)
        #expect(ledger.ban(of: .init(address: address, bot: bot), now: Self.start) == nil)
    }

    /// A genuine request takes a failure back, and failures are forgotten in the time of a ban.
    @Test func forgiven() throws {
        var ledger = FailureLedger(banAfter: 10, banTime: Self.banTime)
        let (address, bot) = (try Self.address("192.0.2.1"), ChannelID.random())
        for round in 0..<100 {
            let now = Self.start + FailureLedger.relief * round
            #expect(ledger.failed(.init(address: address, bot: bot), now: now).ban == nil)
            ledger.succeeded(.init(address: address, bot: bot), asVisitor: false, now: now)
        }
        // Many at once take no more back than one.
        var quick = FailureLedger(banAfter: 10, banTime: Self.banTime)
        let bans = (0..<5).map { _ in
            quick.succeeded(.init(address: address, bot: bot), asVisitor: true, now: Self.start)
            return quick.failed(.init(address: address, bot: bot), now: Self.start).ban
        }
        #expect(bans.last == .some(nil))
        quick.succeeded(.init(address: address, bot: bot), asVisitor: true, now: Self.start)
        #expect(quick.failed(.init(address: address, bot: bot), now: Self.start).ban == .bannedForBot)
        var slow = FailureLedger(banAfter: 10, banTime: Self.banTime)
        for round in 0..<100 {
            // One a minute, where ten in five minutes ban.
            let now = Self.start + .minutes(Int64(round))
            #expect(slow.failed(.init(address: address, bot: nil), now: now).ban == nil)
        }
    }

    /// Who came in to a bot is known there, and nowhere else; who sent its events has not come in.
    @Test func acquaintances() throws {
        var ledger = FailureLedger(banAfter: 10, banTime: Self.banTime)
        let (address, own, other) = (try Self.address("192.0.2.1"), ChannelID.random(), ChannelID.random())
        ledger.succeeded(.init(address: address, bot: own), asVisitor: true, now: Self.start)
        ledger.succeeded(.init(address: address, bot: other), asVisitor: false, now: Self.start)
        let later = Self.start + FailureLedger.genuineTime
        let known = [(own, Self.start), (other, Self.start), (own, later)].map { bot, now in
            ledger.knows(.init(address: address, bot: bot), asVisitor: true, now: now)
        }
        #expect(known == [true, false, false])
    }

    /// An address that sent a bot's events is known there for a week, and a visitor from it shortens nothing.
    @Test func senders() throws {
        var ledger = FailureLedger(banAfter: 10, banTime: Self.banTime)
        let pair = FailureLedger.Pair(address: try Self.address("192.0.2.1"), bot: .random())
        ledger.succeeded(pair, asVisitor: false, now: Self.start)
        ledger.succeeded(pair, asVisitor: true, now: Self.start)
        let end = Self.start + FailureLedger.senderTime
        let knows = [end - .seconds(1), end].map { ledger.knows(pair, asVisitor: false, now: $0) }
        #expect(knows == [true, false])
        let unknown = FailureLedger.Pair(address: pair.address, bot: nil)
        for _ in 0..<10 { _ = ledger.failed(unknown, now: end - .seconds(1)) }
        #expect(ledger.ban(of: pair.address, now: end - .seconds(1)) == nil)
        #expect(ledger.ban(of: unknown, now: end - .seconds(1)) != nil)
    }

    /// A bot that is named in vain is banned for as many guesses as ban for bots that are not known, and not sooner.
    @Test func failedByName() throws {
        var ledger = FailureLedger(banAfter: 10, banTime: Self.banTime)
        let pair = FailureLedger.Pair(address: try Self.address("192.0.2.1"), bot: .random())
        let bans = (1...10).map { _ in ledger.failedByName(pair, now: Self.start).ban }
        #expect(bans == Array(repeating: nil, count: 9) + [.bannedForBot])
        #expect(ledger.ban(of: pair, now: Self.start) == Self.banTime)
    }

    /// The first failures are answered at once, later ones later and later, within a bound.
    @Test func delays() throws {
        var ledger = FailureLedger(banAfter: 200, banTime: Self.banTime)
        let address = try Self.address("192.0.2.1")
        let delays = (1...199).map { _ in ledger.failed(.init(address: address, bot: nil), now: Self.start).delay }
        #expect(delays.prefix(20).allSatisfy { $0 == .zero })
        #expect(delays[25] > .zero)
        #expect(delays == delays.sorted())
        #expect(delays.last == FailureLedger.longestDelay)
    }

    /// However many addresses there are, no more are remembered.
    @Test func bounded() throws {
        var ledger = FailureLedger(banAfter: 10, banTime: Self.banTime, capacity: 100)
        for number in 0..<10_000 {
            let address = try Self.address("10.0.\(number / 256).\(number % 256)")
            _ = ledger.failed(.init(address: address, bot: .random()), now: Self.start)
            ledger.succeeded(.init(address: address, bot: .random()), asVisitor: false, now: Self.start)
        }
        #expect(ledger.count <= 400)
    }
}
