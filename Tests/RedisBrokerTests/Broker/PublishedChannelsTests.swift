// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@testable import RedisBroker

/// What a node remembers of the channels that it publishes on.
@Suite struct PublishedChannelsTests {
    private static let epoch = Epoch(rawValue: 1)
    private static let script = RedisScript("return 1")

    /// The latest position counts, in whatever order the answers come; another epoch replaces it.
    @Test func remembersTheLatest() {
        var channels = PublishedChannels(script: Self.script)
        let channel = ChannelID.random()
        let before = channels.channel(channel).position
        #expect(before == nil)
        for offset: UInt64 in [2, 5, 3] {
            channels.stored(at: Position(epoch: Self.epoch, offset: offset), on: channel)
        }
        let latest = channels.channel(channel).position
        #expect(latest == Position(epoch: Self.epoch, offset: 5))
        let anew = Position(epoch: Epoch(rawValue: 2), offset: 1)
        channels.stored(at: anew, on: channel)
        let replaced = channels.channel(channel).position
        #expect(replaced == anew)
    }

    /// However many channels come by, few are kept, among them the one that is used all the time.
    @Test func forgetsWhatIsNotUsed() {
        var channels = PublishedChannels(script: Self.script)
        let used = ChannelID.random()
        let position = Position(epoch: Self.epoch, offset: 1)
        _ = channels.channel(used)
        channels.stored(at: position, on: used)
        var most = 0
        for number in 0..<50_000 {
            _ = channels.channel(.random())
            if number % 1_000 == 0 {
                let kept = channels.channel(used).position
                #expect(kept == position)
            }
            most = max(most, channels.count)
        }
        #expect(most <= 16_384)
    }
}
