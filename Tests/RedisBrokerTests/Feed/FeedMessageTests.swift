// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import RedisBroker

/// What comes over a Pub/Sub channel is taken apart, or refused, whatever it is.
@Suite struct FeedMessageTests {
    private static func payload(_ epoch: String, _ offset: UInt64, _ time: UInt64, _ event: String) -> ByteBuffer {
        var payload = ByteBuffer(string: epoch)
        payload.writeMultipleIntegers(offset, time)
        payload.writeString(event)
        return payload
    }

    /// Epoch, offset and time stand in front of the event; without bytes behind them it is the news of one.
    @Test func partsAreFound() throws {
        let message = try #require(FeedMessage(pushed: Self.payload("00000000000000a1", 7, 9, "event")))
        #expect(message.mark == FeedMark(position: Position(epoch: Epoch(rawValue: 0xA1), offset: 7), time: 9))
        #expect(message.event == ByteBuffer(string: "event"))
        #expect(message.isComplete && message.size == 5)
        let news = try #require(FeedMessage(pushed: Self.payload("ffffffffffffffff", 1 << 53, .max, "")))
        #expect(news.event == nil && !news.isComplete && news.size == 0)
    }

    /// Anything else is no message.
    @Test func othersAreRefused() {
        let whole = Self.payload("00000000000000a1", 7, 9, "")
        for length in 0..<whole.readableBytes {
            #expect(FeedMessage(pushed: whole.getSlice(at: 0, length: length) ?? ByteBuffer()) == nil)
        }
        #expect(FeedMessage(pushed: Self.payload("0000000000000000", 7, 9, "e")) == nil)
        #expect(FeedMessage(pushed: Self.payload("00000000000000A1", 7, 9, "e")) == nil)
        #expect(FeedMessage(pushed: Self.payload("00000000000000a1", 0, 9, "e")) == nil)
        #expect(FeedMessage(pushed: Self.payload("00000000000000a1", .max, 9, "e")) == nil)
    }

    /// An epoch is written with all its digits, so that a message can be taken apart by length.
    @Test func epochsArePadded() {
        #expect(Epoch(rawValue: 0xA1).padded == "00000000000000a1")
        #expect(Epoch(rawValue: .max).padded == "ffffffffffffffff")
        #expect(Epoch("00000000000000a1") == Epoch(rawValue: 0xA1))
        #expect(Epoch(padded: "00000000000000a1".utf8.map { $0 }) == Epoch(rawValue: 0xA1))
        #expect(Epoch(padded: "fedcba9876543210".utf8.map { $0 }) == Epoch(rawValue: 0xFEDC_BA98_7654_3210))
        for other in ["a1", "0000000000000000", "00000000000000A1", "00000000000000g1", "000000000000000a1"] {
            #expect(Epoch(padded: other.utf8.map { $0 }) == nil)
        }
    }
}
