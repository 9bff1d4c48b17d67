// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import Testing

@testable import Hookwire

@Suite struct AnswerJudgementTests {
    static func answer(
        _ status: Int,
        _ body: String = "",
        _ headers: HTTPHeaders = [:],
        time: TimeAmount = .milliseconds(10),
        at milliseconds: Int64 = 784_111_777_000
    ) -> ProbeAnswer {
        ProbeAnswer(
            status: status,
            headers: headers,
            body: Array(body.utf8),
            time: time,
            period: milliseconds...milliseconds + time.nanoseconds / 1_000_000
        )
    }

    private static func judge(
        _ outcome: Result<ProbeAnswer, ProbeFailure>,
        path: String = "/webhook",
        platform: PlatformName = .qq
    ) throws -> (reasons: [Finding.Reason], Bool, text: String) {
        let url = try #require(WebhookURL("https://a.example\(path)?secret=S"))
        let (findings, isUsable) = AnswerJudgement.findings(
            outcome,
            url: url,
            platform: platform,
            timeout: .seconds(10)
        )
        #expect(findings.map(\.check) == [.redirect, .http])
        return (findings.map(\.reason), isUsable, findings.map(\.wording.english).joined(separator: "\n"))
    }

    /// Only an answer of the webhook's own is looked at any further.
    @Test(arguments: [
        (200, "{}", Finding.Reason.fine), (204, "", .fine), (200, "<!DOCTYPE html><p>", .htmlPage),
        (200, "\n <HTML>", .htmlPage), (404, "{}", .notFound), (404, "<html>", .notFound), (401, "{}", .refused),
        (403, "<html>", .htmlPage), (405, "", .refused), (429, "", .refused), (502, "<html>", .gatewayError),
        (503, "{}", .gatewayError), (504, "", .gatewayError), (500, "", .unexpectedStatus), (418, "", .refused),
        (304, "", .unexpectedStatus),
    ])
    func statuses(status: Int, body: String, reason: Finding.Reason) throws {
        let (reasons, isUsable, _) = try Self.judge(.success(Self.answer(status, body)))
        #expect(reasons == [.fine, reason])
        #expect(isUsable == (reason == .fine))
    }

    /// The relay's own 404 is of the path, the bot or the secret: which, it tells nobody.
    @Test func unknownToTheRelay() throws {
        let body = #"{"title":"Not Found","status":404,"detail":"There is nothing at this path.","reason":"not_found"}"#
        let (reasons, isUsable, text) = try Self.judge(.success(Self.answer(404, body)))
        #expect(reasons == [.fine, .notFound] && !isUsable)
        #expect(text.contains("A relay answers at /webhook that it knows no such path, bot or secret (404)."))
    }

    /// A slash at the end is the likeliest cause of a relay's 404, and no cause of another server's.
    @Test func slashAtTheEnd() throws {
        let body = #"{"detail":"There is nothing at this path.","reason":"not_found"}"#
        for path in ["/webhook/", "/webhook/qq/"] {
            let (reasons, isUsable, text) = try Self.judge(.success(Self.answer(404, body)), path: path)
            #expect(reasons == [.fine, .notFound] && !isUsable)
            #expect(text.contains("enter \(path.dropLast());"))
            let (_, _, other) = try Self.judge(.success(Self.answer(404, "")), path: path)
            #expect(!other.contains("slash"))
        }
    }

    /// A relay that refuses one platform at another's path is asked at the wrong one; what another server's paths are,
    /// only that server knows.
    @Test(arguments: [
        ("/webhook", PlatformName.wechat, 405, "of qq on", "/webhook/wechat"),
        ("/webhook/wechat/support", .generic, 400, "of wechat on", "/webhook/generic"),
        ("/relay/webhook/messenger", .qq, 400, "of messenger on", "enter /webhook in"),
    ])
    func otherPlatform(path: String, platform: PlatformName, status: Int, owner: String, mend: String) throws {
        let body = #"{"detail":"This path takes POST.","reason":"method_not_allowed"}"#
        let refusal = Result<ProbeAnswer, ProbeFailure>.success(Self.answer(status, body))
        let (reasons, isUsable, text) = try Self.judge(refusal, path: path, platform: platform)
        #expect(reasons == [.fine, .otherPlatform] && !isUsable)
        #expect(text.contains(owner) && text.contains(mend))
        let foreign = try Self.judge(.success(Self.answer(status, "no")), path: path, platform: platform)
        #expect(foreign.reasons == [.fine, .refused])
        let accepted = try Self.judge(.success(Self.answer(200, "{}")), path: path, platform: platform)
        #expect(accepted.reasons == [.fine, .fine])
        for path in ["/callback", "/webhook/telegram", platform.path] {
            #expect(try Self.judge(refusal, path: path, platform: platform).reasons == [.fine, .refused])
        }
    }

    /// With a made-up token a relay says whether it has one to compare it with. No more is learnt from it.
    @Test(arguments: [
        (400, #"{"detail":"It needs the verify token.","reason":"missing_verify_token"}"#, Outcome.fail),
        (403, #"{"detail":"It is not the one.","reason":"wrong_verify_token"}"#, .skipped),
        (400, #"{"reason":"missing_verify_token"}"#, .skipped), (403, "", .skipped), (200, "OK", .skipped),
    ])
    func guesses(status: Int, body: String, outcome: Outcome) {
        let finding = AnswerJudgement.guess(.success(Self.answer(status, body)))
        #expect(finding.check == .handshake && finding.outcome == outcome)
        #expect(finding.wording.english.contains("It needs the verify token.") == (outcome == .fail))
        #expect(AnswerJudgement.guess(.failure(.closed)) == .skipped(.handshake, .noVerifyToken))
    }

    /// A redirect is told with its place, of which the query is nobody's business.
    @Test(arguments: [301, 302, 303, 307, 308])
    func redirects(status: Int) throws {
        let headers: HTTPHeaders = ["Location": "https://b.example/webhook/?secret=S3CRET"]
        let (reasons, isUsable, text) = try Self.judge(.success(Self.answer(status, "", headers)))
        #expect(reasons == [.redirect, .notUsable])
        #expect(!isUsable)
        #expect(text.contains("https://b.example/webhook/") && !text.contains("S3CRET"))
    }

    /// The end of a connection, silence and another protocol are three causes.
    @Test(arguments: [
        (ProbeFailure.closed, Finding.Reason.closedWithoutAnswer), (.noAnswer, .noAnswer), (.notHTTP, .notHTTP),
        (.refused, .closedWithoutAnswer), (.connectionTimedOut, .noAnswer),
    ])
    func failures(failure: ProbeFailure, reason: Finding.Reason) throws {
        let (reasons, isUsable, _) = try Self.judge(.failure(failure))
        #expect(reasons == [.noAnswer, reason])
        #expect(!isUsable)
    }

    /// The relay's own sentence goes before the beginning of a text, and a page is called by its title.
    @Test func details() {
        #expect(
            AnswerJudgement.detail(Self.answer(401, #"{"detail":"Compare the secret.","reason":"x"}"#))
                == "Compare the secret."
        )
        #expect(AnswerJudgement.detail(Self.answer(401, "no\nway")) == "no way")
        #expect(AnswerJudgement.detail(Self.answer(200, "<html><TITLE>Log \u{1B}in</TITLE>")) == "Log �in")
        #expect(AnswerJudgement.detail(Self.answer(200, "<html></title><title>")) == "")
        #expect(AnswerJudgement.detail(Self.answer(200, "<html><title>İstanbul</title>")) != "x")
    }

    /// QQ's limit is a second, and half of one is a warning.
    @Test(arguments: [
        (499, Finding.Reason.fine), (501, .slow), (1_000, .slow), (1_001, .tooSlow), (3_000, .tooSlow),
    ])
    func times(milliseconds: Int, reason: Finding.Reason) {
        let answer = Self.answer(200, time: .milliseconds(Int64(milliseconds)))
        #expect(TimeJudgement.duration(answer, PlatformRules(.qq)).reason == reason)
    }

    /// A date may be of any moment of the exchange; beyond the window of signatures nothing works.
    @Test(arguments: [
        (0, Outcome.ok), (29_000, .ok), (-29_000, .ok), (40_000, .warn), (-40_000, .warn), (290_000, .warn),
        (310_000, .fail), (-310_000, .fail),
    ])
    func clocks(offset: Int, outcome: Outcome) {
        let headers: HTTPHeaders = ["Date": "Sun, 06 Nov 1994 08:49:37 GMT"]
        let finding = TimeJudgement.clock(Self.answer(200, "", headers, at: 784_111_777_000 + Int64(offset)))
        #expect(finding.outcome == outcome)
    }

    /// A long exchange is no clock that is off.
    @Test func clockOfALongExchange() {
        let headers: HTTPHeaders = ["Date": "Sun, 06 Nov 1994 08:50:37 GMT"]
        #expect(TimeJudgement.clock(Self.answer(200, "", headers, time: .seconds(60))).outcome == .ok)
    }

    /// What is no date says nothing of the clock, however large its numbers are.
    @Test(arguments: [
        "", "yesterday", "Sun, 06 Nov 1994 08:49 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun, 06 Nov -2147483648 08:49:37 GMT", "Sun, 06 Nov 2147483647 08:49:37 GMT", "Sun, 06 Nov -994 08:49:37 GMT",
        "Sun, 06 Nov 01994 08:49:37 GMT", "Sun, 2147483647 Nov 1994 08:49:37 GMT", "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1994 08:49:-2147483648 GMT", "Sun, 06 Nov 1994 08:x:49:37 GMT",
    ])
    func noClock(date: String) {
        #expect(TimeJudgement.clock(Self.answer(200, "", ["Date": date])) == .skipped(.clock, .noDate))
    }
}
