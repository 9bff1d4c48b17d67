// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
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

    /// A forgery that is taken is a hole, and one that meets an error proves nothing.
    @Test(arguments: [
        (200, "yes", Outcome.fail), (200, "no", .ok), (401, "", .ok), (403, "", .ok), (500, "", .warn),
        (302, "", .warn),
    ])
    func forged(status: Int, body: String, outcome: Outcome) {
        let answer = Result<ProbeAnswer, ProbeFailure>.success(AnswerJudgementTests.answer(status, body))
        #expect(EventJudgement.forged(answer, isAcknowledged: Self.isAcknowledged).outcome == outcome)
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

    /// No answer is a cause of its own.
    @Test func silence() {
        let silence = Result<ProbeAnswer, ProbeFailure>.failure(.closed)
        #expect(EventJudgement.genuine(silence, isAcknowledged: Self.isAcknowledged).outcome == .fail)
        #expect(EventJudgement.forged(silence, isAcknowledged: Self.isAcknowledged).outcome == .skipped)
        #expect(EventJudgement.socket(silence, acceptance: "A", path: "/ws").outcome == .fail)
    }
}
