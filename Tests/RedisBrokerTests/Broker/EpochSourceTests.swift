// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@testable import RedisBroker

/// The names that publications carry for logs that need a new one.
@Suite struct EpochSourceTests {
    /// No name comes twice, not from another source either, and each is one that can be read back.
    @Test func namesAreNew() {
        var names: Set<Epoch> = []
        for _ in 0..<4 {
            var source = EpochSource()
            for _ in 0..<10_000 { names.insert(source.next()) }
        }
        #expect(names.count == 40_000)
        #expect(names.allSatisfy { Epoch(padded: Array($0.padded.utf8)) == $0 })
    }
}
