// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Shared

@Suite struct ByteCountTextTests {
    /// A size is a number of bytes, or has a binary unit.
    @Test(arguments: [("0", 0), ("65536", 65_536), ("64KiB", 65_536), ("1MiB", 1 << 20), ("2GiB", 2 << 30)])
    func reads(text: String, bytes: Int) {
        #expect(ByteCountText.parse(text) == bytes)
    }

    /// Units that people disagree about, and sizes that overflow, are refused.
    @Test(arguments: ["", "1MB", "1k", "-1", "1.5MiB", "MiB", "99999999999GiB", "1 MiB"])
    func refuses(text: String) {
        #expect(ByteCountText.parse(text) == nil)
    }

    @Test func writes() {
        #expect(ByteCountText.format(1 << 20) == "1MiB")
        #expect(ByteCountText.format(1_500) == "1500")
        #expect(ByteCountText.format(0) == "0")
    }
}
