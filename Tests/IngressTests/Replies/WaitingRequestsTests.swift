// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import SeededRandom
import Shared
import Testing

@testable import Ingress

@Suite struct WaitingRequestsTests {
    private typealias Requests = WaitingRequests<String>

    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private let node = NodeID(rawValue: 1)

    private func token(_ number: UInt64) -> ReplyToken { ReplyToken(node: self.node, high: 0, low: number) }

    private func key(_ text: String?, _ channel: String = "s") -> Requests.Key? {
        text.map { Requests.Key(channel: ChannelID(secret: Secret(channel)), text: $0) }
    }

    private func response(_ text: String) -> HTTPResponse {
        HTTPResponse(status: .ok, body: ByteBuffer(string: text))
    }

    /// A node's requests with short words for a script.
    private struct Script {
        let tests: WaitingRequestsTests
        var requests: Requests
        var now = WaitingRequestsTests.start

        init(_ tests: WaitingRequestsTests, _ limits: Requests.Limits = .init()) {
            self.tests = tests
            self.requests = Requests(limits: limits)
        }

        /// `opened`, `joined N` with the first one's token, `answered …`, `full`.
        mutating func enter(_ waiter: String, _ number: UInt64, key: String? = nil, channel: String = "s") -> String {
            let authenticator = self.requests.enter(
                waiter,
                token: self.tests.token(number),
                key: self.tests.key(key, channel),
                form: PlainReplyForm(),
                fallback: self.tests.response("again"),
                now: self.now
            )
            return switch authenticator {
            case .opened: "opened"
            case .joined(let token, _): "joined \(token.low)"
            case .answered(let response): "answered \(String(buffer: response.body))"
            case .full: "full"
            }
        }

        /// - Returns: those that leave now.
        @discardableResult
        mutating func stored(_ number: UInt64) -> [String] {
            self.requests.stored(
                self.tests.token(number),
                fallback: self.tests.response("fallback"),
                now: self.now
            )
        }

        mutating func reply(_ number: UInt64, _ text: String = "reply") -> [String]? {
            self.requests.reply(self.tests.token(number), self.tests.response(text), now: self.now)
        }

        mutating func giveUp(_ number: UInt64) -> (waiters: [String], text: String, isStored: Bool)? {
            self.requests.giveUp(self.tests.token(number), now: self.now).map {
                ($0.waiters, String(buffer: $0.response.body), $0.isStored)
            }
        }

        func standing(_ number: UInt64) -> String {
            switch self.requests.standing(of: self.tests.token(number), now: self.now) {
            case .waiting: "waiting"
            case .closed(let outcome): outcome.rawValue
            }
        }
    }

    /// The first reply wins; a second is told so, for as long as its token is remembered.
    @Test func firstReplyWins() {
        var script = Script(self)
        #expect(script.enter("a", 1) == "opened")
        script.stored(1)
        #expect(script.standing(1) == "waiting")
        #expect(script.reply(1) == ["a"])
        #expect(script.reply(1) == nil)
        #expect(script.standing(1) == "second")
        #expect(script.giveUp(1) == nil)
        script.now = script.now + .seconds(60) - .nanoseconds(1)
        #expect(script.standing(1) == "second")
        script.now = script.now + .nanoseconds(1)
        #expect(script.standing(1) == "unknown")
        #expect(script.requests.count == 0)
    }

    /// A reply after the deadline is late, and one to a token that never was is unknown.
    @Test func lateAndUnknown() throws {
        var script = Script(self)
        #expect(script.enter("a", 1) == "opened")
        script.stored(1)
        let given = script.giveUp(1)
        let end = try #require(given)
        #expect(end == (["a"], "fallback", true))
        #expect(script.reply(1) == nil)
        #expect(script.standing(1) == "late")
        #expect(script.standing(2) == "unknown")
        #expect(script.reply(2) == nil)
    }

    /// An event that is not stored is not acknowledged, and its repetition is published anew.
    @Test func notStored() throws {
        var script = Script(self)
        #expect(script.enter("a", 1, key: "k") == "opened")
        #expect(script.enter("b", 2, key: "k") == "joined 1")
        let given = script.giveUp(1)
        let end = try #require(given)
        #expect(end == (["a", "b"], "again", false))
        #expect(script.standing(1) == "unknown")
        #expect(script.enter("c", 3, key: "k") == "opened")
        #expect(script.requests.forget(self.token(3)) == ["c"])
        #expect(script.enter("d", 4, key: "k") == "opened")
    }

    /// A repetition waits with the first request, has what that had, and is nothing to another channel.
    @Test func repetitions() {
        var script = Script(self)
        #expect(script.enter("a", 1, key: "k") == "opened")
        #expect(script.enter("b", 2, key: "k") == "joined 1")
        #expect(script.enter("c", 3, key: "other") == "opened")
        #expect(script.enter("d", 4, key: "k", channel: "another") == "opened")
        #expect(script.enter("e", 5) == "opened")
        #expect(script.enter("f", 6) == "opened")
        #expect(script.reply(1) == ["a", "b"])
        #expect(script.enter("g", 7, key: "k") == "answered reply")
        #expect(script.standing(7) == "unknown")
        script.now = script.now + .seconds(60)
        #expect(script.enter("h", 8, key: "k") == "opened")
    }

    /// A repetition after the fallback has the fallback.
    @Test func repetitionAfterTheDeadline() {
        var script = Script(self)
        #expect(script.enter("a", 1, key: "k") == "opened")
        script.stored(1)
        #expect(script.giveUp(1) != nil)
        #expect(script.enter("b", 2, key: "k") == "answered fallback")
    }

    /// A client that goes takes its request with it, unless the platform may repeat it: then the reply is kept for that.
    @Test func leaving() throws {
        var script = Script(self)
        func number(_ authenticator: Requests.EnterResult) -> UInt64 {
            switch authenticator {
            case .opened(let number), .joined(_, let number): number
            case .answered, .full: 0
            }
        }
        func enter(_ waiter: String, _ token: UInt64, _ key: String?) -> UInt64 {
            number(
                script.requests.enter(
                    waiter,
                    token: self.token(token),
                    key: self.key(key),
                    form: PlainReplyForm(),
                    fallback: self.response("again"),
                    now: script.now
                )
            )
        }
        let alone = enter("alone", 1, nil)
        script.stored(1)
        let gone = script.requests.leave(self.token(1), number: alone, now: script.now)
        let left = try #require(gone)
        #expect(left.waiter == "alone" && String(buffer: left.response.body) == "fallback")
        #expect(script.standing(1) == "late")
        #expect(script.requests.leave(self.token(1), number: alone, now: script.now) == nil)

        let first = enter("first", 2, "k")
        let second = enter("second", 3, "k")
        script.stored(2)
        #expect(script.requests.leave(self.token(2), number: first, now: script.now)?.waiter == "first")
        #expect(script.requests.leave(self.token(2), number: second, now: script.now)?.waiter == "second")
        #expect(script.standing(2) == "waiting")
        #expect(script.enter("third", 4, key: "k") == "joined 2")
        #expect(script.reply(2) == ["third"])
        #expect(script.enter("fourth", 5, key: "k") == "answered reply")
    }

    /// Who wants to leave while its event is on its way to the log is answered when that is there, or is not, or as the reply
    /// says that was quicker: whoever has finished its side still reads.
    @Test func leavesOnceItIsStored() throws {
        func entered() -> (Script, UInt64) {
            var script = Script(self)
            let authenticator = script.requests.enter(
                "early",
                token: self.token(1),
                key: nil,
                form: PlainReplyForm(),
                fallback: self.response("again"),
                now: script.now
            )
            let number: UInt64 = if case .opened(let number) = authenticator { number } else { 0 }
            let left = script.requests.leave(self.token(1), number: number, now: script.now)
            #expect(left == nil)
            return (script, number)
        }
        var (script, number) = entered()
        #expect(script.standing(1) == "waiting")
        let left = script.stored(1)
        #expect(left == ["early"])
        #expect(script.standing(1) == "late" && script.requests.count == 0)
        let again = script.requests.leave(self.token(1), number: number, now: script.now)
        #expect(again == nil)

        (script, _) = entered()
        let forgotten = script.requests.forget(self.token(1))
        #expect(forgotten == ["early"])
        (script, _) = entered()
        let replied = script.reply(1)
        #expect(replied == ["early"])
    }

    /// Everything is bounded: requests, repetitions of one, tokens and answers that are remembered.
    @Test func bounds() {
        var limits = Requests.Limits()
        limits.requests = 3
        limits.waiters = 2
        limits.remembered = 2
        limits.rememberedBytes = 10
        var script = Script(self, limits)
        #expect(script.enter("a", 1, key: "a") == "opened")
        #expect(script.enter("a2", 11, key: "a") == "joined 1")
        #expect(script.enter("a3", 12, key: "a") == "full")
        #expect(script.enter("b", 2, key: "b") == "opened")
        #expect(script.enter("c", 3, key: "c") == "opened")
        #expect(script.enter("d", 4, key: "d") == "full")
        #expect(script.reply(1, "1") != nil)
        #expect(script.reply(2, "2") != nil)
        #expect(script.standing(1) == "second")
        #expect(script.reply(3, "3") != nil)
        #expect(script.standing(1) == "unknown")
        #expect(script.standing(2) == "second")
        #expect(script.enter("a", 5, key: "a") == "opened")
        #expect(script.reply(5, "0123456789") != nil)
        // The tenth byte is the last that fits.
        #expect(script.standing(3) == "unknown")
        #expect(script.standing(5) == "second")
        #expect(script.enter("e", 6, key: "e") == "opened")
        #expect(script.reply(6, "01234567890") != nil)
        #expect(script.standing(6) == "unknown")
        #expect(script.enter("e", 7, key: "e") == "opened")
    }

    /// The header fields of a remembered answer count as its body does: a bot may send 16 KiB of them with each.
    @Test func fieldsOfRememberedAnswers() {
        var limits = Requests.Limits()
        limits.rememberedBytes = 100
        var script = Script(self, limits)
        #expect(script.enter("a", 1, key: "a") == "opened")
        #expect(script.enter("b", 2, key: "b") == "opened")
        for number in [1, 2] as [UInt64] {
            let response = HTTPResponse(status: .ok, headers: [("X", String(repeating: "h", count: 99))])
            #expect(script.requests.reply(self.token(number), response, now: script.now) != nil)
        }
        #expect(script.standing(1) == "unknown")
        #expect(script.standing(2) == "second")
    }

    /// Whatever happens in whatever order: each one that waits is answered once, and nothing is left behind.
    @Test func anyOrder() {
        var random = SeededRandom(for: "WaitingRequestsTests.anyOrder")
        for _ in 0..<300 {
            var limits = Requests.Limits()
            limits.requests = 6
            limits.remembered = 4
            var script = Script(self, limits)
            var waiting: Set<String> = []
            var numbers: [(token: UInt64, number: UInt64)] = []
            func ended(_ waiters: [String]) {
                for waiter in waiters {
                    #expect(waiting.remove(waiter) != nil, "seed \(random.seed): \(waiter) is answered twice")
                }
            }
            for step in 1...120 as ClosedRange<UInt64> {
                let token = UInt64.random(in: 1...step, using: &random)
                switch Int.random(in: 0..<7, using: &random) {
                case 0...2:
                    let key = ["a", "b", nil].randomElement(using: &random) ?? nil
                    let authenticator = script.requests.enter(
                        "\(step)",
                        token: self.token(step),
                        key: self.key(key),
                        form: PlainReplyForm(),
                        fallback: self.response("f"),
                        now: script.now
                    )
                    switch authenticator {
                    case .opened(let number):
                        waiting.insert("\(step)")
                        numbers.append((step, number))
                    case .joined(let first, let number):
                        waiting.insert("\(step)")
                        numbers.append((first.low, number))
                    case .answered, .full: break
                    }
                case 3: ended(script.stored(token))
                case 4: ended(script.reply(token) ?? [])
                case 5: ended(script.giveUp(token)?.waiters ?? script.requests.forget(self.token(token)))
                default:
                    if let place = numbers.randomElement(using: &random),
                        let left = script.requests.leave(self.token(place.token), number: place.number, now: script.now)
                    {
                        ended([left.waiter])
                    }
                }
                script.now = script.now + .seconds(Int64.random(in: 0...10, using: &random))
            }
            for token in script.requests.waitingTokens {
                ended(script.giveUp(token.low)?.waiters ?? [])
            }
            #expect(waiting.isEmpty, "seed \(random.seed): \(waiting) wait for ever")
            #expect(script.requests.count == 0)
        }
    }
}
