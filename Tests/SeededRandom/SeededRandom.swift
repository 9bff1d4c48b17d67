// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// Random numbers for tests that can be had again: SplitMix64. Its seed is printed, and the environment variable
/// `HOOKWIRE_TEST_SEED` sets it.
public struct SeededRandom: RandomNumberGenerator {
    /// What `HOOKWIRE_TEST_SEED` has to be for the same numbers.
    public let seed: UInt64
    private var state: UInt64

    /// The numbers of a test, whose name is printed with the seed.
    public init(for test: String) {
        let wanted = ProcessInfo.processInfo.environment["HOOKWIRE_TEST_SEED"].flatMap { UInt64($0) }
        self.init(seed: wanted ?? .random(in: .min ... .max))
        print("\(test): \(self)")
    }

    /// The numbers of a seed.
    public init(seed: UInt64) {
        self.seed = seed
        self.state = seed
    }

    public mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// So many random bytes.
    public mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: self.next()) }
    }
}

extension SeededRandom: CustomStringConvertible {
    /// How to have the same numbers again.
    public var description: String { "HOOKWIRE_TEST_SEED=\(self.seed)" }
}
