// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import Shared
import Testing

@testable import Hookwire

@Suite struct EventJudgementTests {
    private static func isAcknowledged(_ body: [UInt8]) -> Bool { body == Array("yes".utf8) }

    /// The causes for which an event with the right signature is refused.
    @Test(arguments: [
        (200, "yes", Finding.Reason.fine), (200, "no", .eventNotAcknowledged), (503, "", .eventNotStored),
        (401, #"{"reason":"stale_timestamp"}"#, .eventStale), (401, #"{"reason":"wrong_signature"}"#, .eventRefused),
        (500, "", .eventRefused), (302, "", .eventRefused),
    ])
    func genuine(status: Int, body: String, reason: Finding.Reason) {
        let outcome = Result<ProbeAnswer, ProbeFailure>.success(AnswerJudgementTests.answer(status, body))
        let finding = EventJudgement.genuine(outcome, isAcknowledged: Self.isAcknowledged)
        #expect(finding.check == .event)
        #expect(finding.reason == reason)
        #expect((finding.outcome == .ok) == (reason == .fine))
    }

    private static let acknowledged = #"{"op":12,"d":0}"#
    private static let refused = #"{"op":12,"d":1}"#

    private static func forged(
        _ platform: PlatformName,
        _ status: Int,
        _ body: String,
        genuine: String
    ) throws -> Finding {
        let answer = Result<ProbeAnswer, ProbeFailure>.success(AnswerJudgementTests.answer(status, body))
        let sender = try Credentials(secret: Secret("naOC0ocQE3shWLAfffVLB1rhYPG7")).sender(platform) { 0 }
        return EventJudgement.forged(answer, genuine: AnswerJudgementTests.answer(200, genuine), by: sender)
    }

    /// A forgery that is taken is a hole, and one that meets an error proves nothing.
    @Test(arguments: [
        (200, Self.acknowledged, Outcome.fail), (200, "", .fail), (200, "{}", .fail), (200, "xxx", .fail),
        (204, "wrong signature", .fail), (200, Self.refused, .ok), (401, "", .ok), (403, "", .ok), (500, "", .warn),
        (302, "", .warn),
    ])
    func forged(status: Int, body: String, outcome: Outcome) throws {
        #expect(try Self.forged(.qq, status, body, genuine: Self.acknowledged).outcome == outcome)
    }

    /// A server that takes no event shows nothing, whatever it says; and what only QQ means is no refusal to others.
    @Test func forgedWhereNothingIsTaken() throws {
        #expect(try Self.forged(.qq, 200, "xxx", genuine: "xxx").reason == .forgeryUndecided)
        #expect(try Self.forged(.qq, 200, Self.refused, genuine: Self.refused).reason == .forgeryUndecided)
        #expect(try Self.forged(.wechat, 200, "{}", genuine: "{}").reason == .forgeryUndecided)
        #expect(try Self.forged(.wechat, 200, "{}", genuine: "success").reason == .forgeryAccepted)
        #expect(try Self.forged(.wechat, 200, Self.refused, genuine: "success").reason == .forgeryAccepted)
        #expect(try Self.forged(.wechat, 200, "success", genuine: "success").reason == .forgeryAccepted)
        #expect(try Self.forged(.generic, 200, Self.refused, genuine: "{}").reason == .forgeryAccepted)
    }

    /// A handshake counts with the right acceptance only; where there is no socket, bots may connect elsewhere.
    @Test(arguments: [
        (101, "A", Outcome.ok, Finding.Reason.fine), (101, "B", .fail, .upgradeLost), (404, "", .warn, .noSocketHere),
        (426, "", .fail, .upgradeLost), (200, "", .fail, .upgradeLost), (400, "", .fail, .upgradeLost),
        (401, "", .fail, .socketRefused), (502, "", .fail, .socketRefused),
    ])
    func socket(status: Int, acceptance: String, outcome: Outcome, reason: Finding.Reason) {
        let headers: HTTPHeaders = ["Sec-WebSocket-Accept": acceptance]
        let answer = Result<ProbeAnswer, ProbeFailure>.success(AnswerJudgementTests.answer(status, "", headers))
        let finding = EventJudgement.socket(answer, acceptance: "A", path: "/ws")
        #expect(finding.outcome == outcome)
        #expect(finding.reason == reason)
    }

    /// The relay's own 404 may be that of a bot whose sockets need a token, which a proxy has nothing to do with.
    @Test func socketThatTheRelayDoesNotKnow() {
        func finding(_ body: String, hasToken: Bool = false) -> Finding {
            let answer = Result<ProbeAnswer, ProbeFailure>.success(AnswerJudgementTests.answer(404, body))
            return EventJudgement.socket(answer, acceptance: "A", path: "/x/ws", hasToken: hasToken)
        }
        let notFound = #"{"title":"Not Found","status":404,"detail":"There is nothing.","reason":"not_found"}"#
        let own = finding(notFound)
        #expect(own.outcome == .warn && own.reason == .noSocketHere)
        for language in Language.allCases {
            #expect(own.wording[language].contains("needs_token") && own.wording[language].contains("opens_by_secret"))
            #expect(own.wording[language].contains("/x/ws"))
        }
        #expect(finding(notFound, hasToken: true) == .noSuchToken("/x/ws"))
        for body in ["", "<html>", #"{"detail":"Another's.","reason":"nothing_here"}"#] {
            #expect(finding(body) == .noSocketHere("/x/ws"))
        }
    }

    /// No answer is a cause of its own.
    @Test func silence() throws {
        let silence = Result<ProbeAnswer, ProbeFailure>.failure(.closed)
        #expect(EventJudgement.genuine(silence, isAcknowledged: Self.isAcknowledged).outcome == .fail)
        let sender = try Credentials(secret: Secret("naOC0ocQE3shWLAfffVLB1rhYPG7")).sender(.qq) { 0 }
        #expect(EventJudgement.forged(silence, genuine: nil, by: sender).outcome == .skipped)
        #expect(EventJudgement.socket(silence, acceptance: "A", path: "/ws").outcome == .fail)
    }
}
