// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import SeededRandom
import Shared
import Testing

/// Whether the time of a comparison tells how much of a guess was right.
///
/// Guesses that differ from the secret in their first byte and in their last are compared in turns, in many short samples, each
/// a few comparisons long; within a round the order is random, so that what the machine does meanwhile (another process, its
/// clock's speed) falls on both alike. A round counts only by which of the two took longer, and an interruption therefore
/// counts as one round however long it was. A comparison that stops at the first difference is faster with the first byte in
/// nearly every round; one that does not is so in about half of them.
@Suite struct ComparisonTimeTests {
    private static let rounds = 4_000
    private static let repeats = 24
    /// What share of the rounds one of the two has to win to be called faster. A leak wins nearly all; without one, the winner of
    /// 4,000 fair rounds has more than 0.56 once in 10^13 times.
    private static let threshold = 0.75

    private typealias Comparison = (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool

    /// In which share of the rounds a guess with a wrong first byte took less time than one with another byte wrong.
    private static func share(
        faster first: [UInt8],
        than last: [UInt8],
        secret: [UInt8],
        by compare: Comparison,
        _ random: inout SeededRandom
    ) -> Double {
        let clock = ContinuousClock()
        var results = 0
        // Both guesses are compared at one place: where memory lies tells more of itself than what is in it.
        var place = [UInt8](repeating: 0, count: secret.count)
        func time(_ guess: [UInt8]) -> Duration {
            secret.withUnsafeBytes { secret in
                place.withUnsafeMutableBytes { place in
                    place.copyBytes(from: guess)
                    let guess = UnsafeRawBufferPointer(place)
                    return clock.measure {
                        for _ in 0..<self.repeats where compare(secret, guess) { results += 1 }
                    }
                }
            }
        }
        var (wins, draws) = (0.0, 0.0)
        for _ in 0..<self.rounds {
            let firstComesFirst = Bool.random(using: &random)
            let one = time(firstComesFirst ? first : last)
            let other = time(firstComesFirst ? last : first)
            let (early, late) = firstComesFirst ? (one, other) : (other, one)
            if early == late { draws += 1 } else if early < late { wins += 1 }
        }
        // None of the guesses is right.
        #expect(results == 0)
        return (wins + draws / 2) / Double(self.rounds)
    }

    /// A secret, and guesses of it that are wrong in their first and in their last byte only.
    private static func guesses(_ random: inout SeededRandom) -> (secret: [UInt8], first: [UInt8], last: [UInt8]) {
        let secret = random.bytes(512)
        var (first, last) = (secret, secret)
        first[0] ^= 0x80
        last[511] ^= 0x01
        return (secret, first, last)
    }

    /// Stops at the first difference, as `==` may.
    @inline(never)
    private static func leaky(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where left[index] != right[index] { return false }
        return true
    }

    /// The statistic finds a comparison that tells.
    @Test func findsALeak() {
        var random = SeededRandom(seed: 9_001)
        print("ComparisonTimeTests.findsALeak: \(random)")
        let (secret, first, last) = Self.guesses(&random)
        let share = Self.share(faster: first, than: last, secret: secret, by: Self.leaky, &random)
        #expect(share > Self.threshold)
    }

    /// Our comparison does not tell where the first difference is.
    @Test func tellsNothing() {
        var random = SeededRandom(seed: 9_002)
        print("ComparisonTimeTests.tellsNothing: \(random)")
        let (secret, first, last) = Self.guesses(&random)
        let compare: Comparison = { ConstantTime.equal($0, $1) }
        let share = Self.share(faster: first, than: last, secret: secret, by: compare, &random)
        #expect((1 - Self.threshold...Self.threshold).contains(share))
        // Nor how many bytes are wrong.
        let share2 = Self.share(faster: secret.map { ~$0 }, than: last, secret: secret, by: compare, &random)
        #expect((1 - Self.threshold...Self.threshold).contains(share2))
    }
}
