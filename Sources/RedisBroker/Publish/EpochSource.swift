// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Names for logs that need a new one. Every publication carries one, which is hardly ever used, and asking the kernel
/// would cost a system call per event. They need not be unpredictable.
///
/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): no name comes twice from
/// a source, and from two sources as seldom as from two random numbers.
struct EpochSource {
    private var state = UInt64.random(in: .min ... .max)

    /// A name that this source has not given before.
    mutating func next() -> Epoch {
        while true {
            self.state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = self.state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            mixed ^= mixed >> 31
            if mixed != 0 { return Epoch(rawValue: mixed) }
        }
    }
}
