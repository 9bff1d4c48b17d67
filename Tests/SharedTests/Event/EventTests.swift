// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@Suite struct EventTests {
    /// An event that is retained does not keep the buffer alive in which its connection received it.
    @Test func compaction() throws {
        var received = ByteBuffer(repeating: 0x20, count: 64 << 10)
        let slice = received.readSlice(length: 600)
        let body = try #require(slice)
        let event = Event(platform: "qq", receivedAt: 0, body: body, bodyIsUTF8: true)
        #expect(event.body.storageCapacity >= 64 << 10)
        #expect(event.compacted().body == body)
        #expect(event.compacted().body.storageCapacity < 2_048)
    }

    /// A body that fills its buffer is not copied.
    @Test func noCopy() {
        let body = ByteBuffer(repeating: 0x20, count: 900 << 10)
        let event = Event(platform: "qq", receivedAt: 0, body: body, bodyIsUTF8: true)
        let before = event.body.withUnsafeReadableBytes { $0.baseAddress }
        #expect(event.compacted().body.withUnsafeReadableBytes { $0.baseAddress } == before)
    }
}

@Suite struct PositionTests {
    /// A position is read back as it was written.
    @Test(arguments: [(1, 0), (0x9f2c_61d0_7a55_e013, 42), (UInt64.max, UInt64.max)] as [(UInt64, UInt64)])
    func text(epoch: UInt64, offset: UInt64) {
        let position = Position(epoch: Epoch(rawValue: epoch), offset: offset)
        #expect(Position(position.description) == position)
    }

    /// Anything else is refused: a client may send what it likes.
    @Test(arguments: [
        "", "-", "1-", "-1", "1", "0-1", "1-1-1", "g-1", "1--1", "1-+1", "A-1", " 1-1", "1-1 ", "11111111111111111-1",
        "1-18446744073709551616", "1-１", "1-01", "1-00", "1-0000000000000000001",
    ])
    func refused(text: String) {
        #expect(Position(text) == nil)
    }
}

@Suite struct ChannelIDTests {
    /// A channel's id is the same on every node and in every version: it is in Redis keys.
    @Test func isStable() {
        // The first 16 bytes of SHA-256("hookwire.channel.v1\0" + "DG5g3B4j9X2KOErG"), by coreutils' sha256sum.
        let id = ChannelID(secret: Secret("DG5g3B4j9X2KOErG"))
        #expect(id.description == "d23a554c3cbb1e81e90968de5bd4a922")
        #expect(ChannelID(id.description) == id)
        #expect((0..<ChannelID.partitionCount).contains(id.partition))
    }

    @Test(arguments: ["", "abc", "zz", String(repeating: "0", count: 31), String(repeating: "0", count: 33)])
    func refused(text: String) {
        #expect(ChannelID(text) == nil)
    }

    /// Channels spread over the partitions.
    @Test func partitions() {
        let used = Set((0..<10_000).map { ChannelID(secret: Secret("secret \($0)")).partition })
        #expect(used.count == ChannelID.partitionCount)
    }
}
