// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@testable import RedisBroker

/// The names in Redis, which operators and other versions rely on.
@Suite struct ChannelKeysTests {
    /// They are the design's, with the channel's partition as the hash tag.
    @Test func namesAreFixed() throws {
        let channel = try #require(ChannelID("00112233445566778899aabbccddeeff"))
        let keys = ChannelKeys(channel)
        #expect(channel.partition == 0xFF % 128)
        #expect(keys.feed == "hw:{127}:00112233445566778899aabbccddeeff")
        #expect(keys.log == "hw:{127}:00112233445566778899aabbccddeeff:log")
        #expect(keys.meta == "hw:{127}:00112233445566778899aabbccddeeff:meta")
        // printf id | sha256sum
        #expect(keys.seen("id") == "hw:{127}:00112233445566778899aabbccddeeff:seen:a56145270ce6b3bebd1dd012b7394867")
    }

    /// Whatever a platform calls its event, the key's name is plain and short.
    @Test(arguments: ["", "a b", "}{", "x:y\r\n", "\u{0}", String(repeating: "日", count: 10_000)])
    func untrustedTextIsHashed(text: String) {
        let keys = ChannelKeys(.random())
        let name = keys.seen(text)
        #expect(name.hasPrefix("\(keys.feed):seen:"))
        let digits = name.dropFirst("\(keys.feed):seen:".count)
        #expect(digits.count == 32 && digits.allSatisfy { $0.isHexDigit && !$0.isUppercase })
    }
}
