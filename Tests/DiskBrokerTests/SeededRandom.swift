// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Random numbers for tests that can be had again: SplitMix64. Its seed is printed, and the environment variable
/// `HOOKWIRE_TEST_SEED` sets it.
struct SeededRandom: RandomNumberGenerator {
    let seed: UInt64
    private var state: UInt64

    init(for test: String) {
        let wanted = ProcessInfo.processInfo.environment["HOOKWIRE_TEST_SEED"].flatMap { UInt64($0) }
        self.init(seed: wanted ?? .random(in: .min ... .max))
        print("\(test): HOOKWIRE_TEST_SEED=\(self.seed)")
    }

    init(seed: UInt64) {
        self.seed = seed
        self.state = seed
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
