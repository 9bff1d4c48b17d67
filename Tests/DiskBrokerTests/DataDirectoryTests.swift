// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import DiskBroker

@Suite struct DataDirectoryTests {
    /// A file system may say that it has as much room as a number can be.
    @Test func roomIsAnyNumber() {
        #expect(DataDirectory.bytes(blocks: 1_000, of: 4_096) == 4_096_000)
        #expect(DataDirectory.bytes(blocks: 1 << 51, of: 4_096) == .max)
        #expect(DataDirectory.bytes(blocks: .max, of: 1) == .max)
        #expect(DataDirectory.sum(.max - 1, 2) == .max)
        #expect(DataDirectory.sum(1, 2) == 3)
    }
}
