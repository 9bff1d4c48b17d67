// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import RedisBroker

/// What travels over Redis for a reply.
@Suite struct ReplyMessageTests {
    private static let token = ReplyToken(node: NodeID(rawValue: 0xA1), high: 2, low: 3)
    private static let asker = ReplyAsker(rawValue: 4)

    private static func message(_ reply: Reply) -> ByteBuffer {
        var bytes = ReplyMessage.head(asker: self.asker, number: 5, token: self.token)
        bytes.writeImmutableBuffer(ReplyEncoding.encode(reply))
        return bytes
    }

    /// A message says who asks what, whom, and the reply.
    @Test func messagesSurvive() throws {
        let reply = Reply.text("hi")
        let message = try #require(ReplyMessage(Self.message(reply)))
        #expect(message.asker == Self.asker && message.number == 5)
        #expect(message.token == Self.token && message.reply == reply)
        for outcome in ReplyOutcome.allCases {
            let message = OutcomeMessage(number: .max, outcome: outcome)
            #expect(OutcomeMessage(message.bytes) == message)
        }
    }

    /// The layouts are what the tables in the source say.
    @Test func layoutsAreFixed() {
        var expected: [UInt8] = [1]
        for number: UInt8 in [4, 5, 0xA1, 2, 3] { expected += [UInt8](repeating: 0, count: 7) + [number] }
        #expect(Array(buffer: Self.message(.text("a"))) == expected + [1, 0x61])
        let codes = ReplyOutcome.allCases.map { Array(buffer: OutcomeMessage(number: 1, outcome: $0).bytes) }
        #expect(codes == (0..<5).map { [1, 0, 0, 0, 0, 0, 0, 0, 1, $0] })
    }

    /// Anything else is no message; a reply that cannot be read is told apart, so that its sender hears of it.
    @Test func othersAreRefused() throws {
        let whole = Self.message(.text("hi"))
        for length in 0..<41 {
            #expect(ReplyMessage(whole.getSlice(at: 0, length: length) ?? ByteBuffer()) == nil)
        }
        let without = try #require(whole.getSlice(at: 0, length: 41))
        #expect(try #require(ReplyMessage(without)).reply == nil)
        var newer = whole
        newer.setInteger(UInt8(2), at: 0)
        #expect(ReplyMessage(newer) == nil)
        let outcome = OutcomeMessage(number: 1, outcome: .accepted).bytes
        for length in 0..<10 {
            #expect(OutcomeMessage(outcome.getSlice(at: 0, length: length) ?? ByteBuffer()) == nil)
        }
        for bytes: [UInt8] in [[2, 0, 0, 0, 0, 0, 0, 0, 1, 0], [1, 0, 0, 0, 0, 0, 0, 0, 1, 5]] {
            #expect(OutcomeMessage(ByteBuffer(bytes: bytes)) == nil)
        }
        #expect(OutcomeMessage(ByteBuffer(bytes: Array(buffer: outcome) + [0])) == nil)
    }

    /// The channels' names say what they are for, and no feed is taken for one.
    @Test func channelsAreNamed() {
        let inbox = ReplyChannel.inbox(NodeID(rawValue: 0xA1))
        #expect(inbox.name == "hw:reply:00000000000000a1")
        let outcomes = ReplyChannel.outcomes(ReplyAsker(rawValue: .max))
        #expect(outcomes.name == "hw:outcome:ffffffffffffffff")
        for channel in [inbox, outcomes] { #expect(ReplyChannel(channel.name) == channel) }
        let others = [
            "", "hw:reply:", "hw:reply:a1", "hw:reply:00000000000000ag", "hw:reply:0000000000000000a1",
            "hw:outcome:0", ChannelKeys(.random()).feed,
        ]
        for name in others { #expect(ReplyChannel(name) == nil) }
    }
}
