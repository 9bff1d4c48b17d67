// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SeededRandom
import Shared
import Testing

@testable import Egress

/// What an envelope socket's client is answered.
@Suite struct EnvelopeStateMachineTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    /// A machine, and a clock that moves by hand.
    private struct Script {
        var now = EnvelopeStateMachineTests.start
        var machine = EnvelopeStateMachine(name: 0xAB, now: EnvelopeStateMachineTests.start)

        mutating func receive(_ text: String) -> EnvelopeStateMachine.MessageAction {
            self.machine.messageReceived(.text(ByteBuffer(string: text)), now: self.now)
        }

        /// The members of the answer to a frame.
        mutating func answer(_ text: String) throws -> [String: Any] {
            guard case .answer(let answer) = self.receive(text) else {
                Issue.record("no answer to \(text)")
                return [:]
            }
            return try EnvelopeSample.parse(String(decoding: answer, as: UTF8.self))
        }
    }

    private static func reply(_ token: String, ref: String) -> String {
        #"{"type":"reply","token":"\#(token)","text":"hi","ref":"\#(ref)"}"#
    }

    /// A ping is answered with its own word and with how far the client is, and each answer has an id of its own.
    @Test func pings() throws {
        var script = Script()
        let first = try script.answer(#"{"type":"ping","ref":"1"}"#)
        #expect(first["type"] as? String == "hookwire.pong" && first["ref"] as? String == "1")
        #expect(first["id"] as? String == "ab-1" && first["source"] as? String == "hookwire:relay")
        let second = try script.answer(#"{"type":"ping"}"#)
        #expect(second["id"] as? String == "ab-2" && second["ref"] == nil && second["position"] == nil)
        let ping = WebSocketMessage.text(ByteBuffer(string: #"{"type":"ping"}"#))
        guard case .answer(let third) = script.machine.messageReceived(ping, reached: .sample(3), now: script.now)
        else {
            Issue.record("no answer")
            return
        }
        #expect(
            try EnvelopeSample.parse(String(decoding: third, as: UTF8.self))["position"] as? String
                == "\(Position.sample(3))"
        )
    }

    /// A reply is brought to its node; what became of it is told with its token and the client's word, as outcomes come.
    @Test func replies() throws {
        var script = Script()
        let tokens = [1, 2].map { ReplyToken(node: NodeID(rawValue: $0), high: 1, low: 1) }
        var tickets: [EnvelopeStateMachine.Ticket] = []
        for (token, ref) in zip(tokens, ["a", "b"]) {
            guard case .reply(let reply, let to, let ticket) = script.receive(Self.reply("\(token)", ref: ref)) else {
                Issue.record("a reply was not brought to its node")
                return
            }
            #expect(reply == .text("hi") && to == token)
            tickets.append(ticket)
        }
        for (index, verdict) in [(1, ReplyVerdict.accepted), (0, .late)] {
            let text = script.machine.replied(verdict, to: tickets[index])
            let members = try EnvelopeSample.parse(String(decoding: try #require(text), as: UTF8.self))
            #expect(members["type"] as? String == "hookwire.reply_result")
            #expect(members["token"] as? String == "\(tokens[index])")
            // A bot that answers whatever has one would answer its own answers.
            #expect(members["replytoken"] == nil)
            #expect(members["ref"] as? String == ["a", "b"][index])
            #expect(members["outcome"] as? String == verdict.rawValue)
        }
    }

    /// Every outcome has words of its own, and no two the same.
    @Test func verdicts() {
        #expect(Set(ReplyVerdict.allCases.map(\.explanation)).count == ReplyVerdict.allCases.count)
        for outcome in ReplyOutcome.allCases {
            #expect(ReplyVerdict(.success(outcome)).rawValue == outcome.rawValue)
        }
        let failures: [BrokerError: ReplyVerdict] = [
            .timeout: .timeout, .overloaded: .overloaded, .unavailable: .unavailable, .closed: .unavailable,
            .refused: .unavailable, .eventTooLarge: .unavailable, .unreplicated: .unavailable,
            .tooManyConsumers: .unavailable,
        ]
        for error in BrokerError.allCases { #expect(ReplyVerdict(.failure(error)) == failures[error]) }
    }

    /// A token that is none leads nowhere; nobody is asked.
    @Test func unknownTokens() throws {
        var script = Script()
        for token in ["", "x", String(repeating: "0", count: 47), String(repeating: "G", count: 48)] {
            let members = try script.answer(Self.reply(token, ref: "1"))
            #expect(members["outcome"] as? String == "unknown")
        }
    }

    /// How many replies may be under way is bounded, and one that has its outcome makes room.
    @Test func repliesUnderWayAreBounded() throws {
        var script = Script()
        let token = ReplyToken.random(node: NodeID(rawValue: 1)).description
        var last: EnvelopeStateMachine.Ticket?
        for _ in 0..<EnvelopeProtocol.replyLimit {
            guard case .reply(_, _, let ticket) = script.receive(Self.reply(token, ref: "")) else {
                Issue.record("a reply within the bound was refused")
                return
            }
            last = ticket
            script.now = script.now + .milliseconds(1)
        }
        let refused = try script.answer(Self.reply(token, ref: "x"))
        #expect(refused["outcome"] as? String == "overloaded" && refused["ref"] as? String == "x")
        let text = script.machine.replied(.accepted, to: try #require(last))
        #expect(text != nil)
        guard case .reply = script.receive(Self.reply(token, ref: "")) else {
            Issue.record("a reply was refused though there was room")
            return
        }
    }

    /// A frame that could not be used is told so; after too many of them the socket ends, and not before.
    @Test func faultsAreTold() throws {
        var script = Script()
        for text in ["{", #"{"type":"x"}"#, #"{"type":"reply","token":"t"}"#] {
            #expect(try script.answer(text)["type"] as? String == "hookwire.error")
        }
        let binary = script.machine.messageReceived(.binary(ByteBuffer(string: "{}")), now: script.now)
        guard case .answer = binary else {
            Issue.record("a binary message was not answered")
            return
        }
        for _ in 4..<EnvelopeProtocol.faults.messageBurst { _ = try script.answer("{") }
        // An acknowledgement that comes too late is no fault.
        let late = script.machine.settlementRefused(.notUnsettled, ref: nil, now: script.now)
        guard case .answer(let text) = late else {
            Issue.record("a late acknowledgement ended the socket")
            return
        }
        #expect(String(decoding: text, as: UTF8.self).contains("not_unsettled"))
        script.now = script.now + .seconds(2)
        _ = try script.answer("{")
        _ = try script.answer("{")
        #expect(script.receive("{") == .end(.tooManyFaults))
        #expect(script.receive(#"{"type":"ping"}"#) == .ignore)
    }

    /// A client that sends without end is closed, by the number of its frames or by their size.
    @Test func floodsEnd() {
        var script = Script()
        let limits = EnvelopeProtocol.limits
        for _ in 0..<limits.messageBurst {
            guard case .answer = script.receive(#"{"type":"ping"}"#) else {
                Issue.record("a ping within the budget was refused")
                return
            }
        }
        #expect(script.receive(#"{"type":"ping"}"#) == .end(.tooFast))

        script = Script()
        let large = #"{"type":"ping","x":"\#(String(repeating: "x", count: limits.byteBurst / 4))"}"#
        var answered = 0
        while case .answer = script.receive(large) { answered += 1 }
        #expect(answered == 3)
        #expect(script.receive(large) == .ignore)
    }

    /// Nobody is told anything after the end.
    @Test func afterTheEnd() throws {
        var script = Script()
        let token = ReplyToken.random(node: NodeID(rawValue: 1)).description
        guard case .reply(_, _, let ticket) = script.receive(Self.reply(token, ref: "")) else {
            Issue.record("a reply was refused")
            return
        }
        script.machine.ended()
        #expect(script.machine.replied(.accepted, to: ticket) == nil)
        #expect(script.receive(#"{"type":"ping"}"#) == .ignore)
        for ending in EnvelopeStateMachine.Ending.allCases { #expect(ending.explanation.utf8.count <= 123) }
    }

    /// Whatever a client sends, each frame is answered with one CloudEvent, brought to a node, or ends the socket.
    @Test func anyFrame() throws {
        var seed = SeededRandom(for: "EnvelopeStateMachineTests.anyFrame")
        let fragments = [
            #"{"type":"reply","#, #""token":"\#(String(repeating: "0", count: 48))""#, #","text":"a""#, #","status":"#,
            #","headers":"#, #"[["a","b"]]"#, #"{"a":["b"]}"#, #","body":"#, #","body_base64":"aGk=""#, #","ref":"r""#,
            #"{"type":"ping""#, "}", "{", "[", "]", ",", "\"", "200", "1e9", "null", "\\u0000", "\\ud800", "\u{0}", "日",
        ]
        let end = ContinuousClock.now + .seconds(1)
        var replies = 0
        while ContinuousClock.now < end {
            var script = Script()
            for _ in 0..<40 {
                var text = Bool.random(using: &seed) ? fragments[0] + fragments[1] : ""
                for _ in 0..<Int.random(in: 0...9, using: &seed) { text += fragments.randomElement(using: &seed) ?? "" }
                if Bool.random(using: &seed) { text += "}" }
                script.now = script.now + .milliseconds(Int64.random(in: 0...3_000, using: &seed))
                switch script.receive(text) {
                case .ignore, .settle, .end: break
                case .answer(let answer):
                    _ = try EnvelopeSample.parse(String(decoding: answer, as: UTF8.self))
                case .reply(let reply, _, let ticket):
                    replies += 1
                    if reply.isFit { #expect(ReplyEncoding.decode(ReplyEncoding.encode(reply)) == reply, "\(seed)") }
                    let answer = script.machine.replied(.second, to: ticket)
                    _ = try EnvelopeSample.parse(String(decoding: try #require(answer), as: UTF8.self))
                }
            }
        }
        #expect(replies > 0)
    }
}
