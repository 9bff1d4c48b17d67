// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@testable import Hookwire

@Suite struct DiagnosisTests {
    private static func diagnosis(_ findings: Finding...) -> Diagnosis {
        var diagnosis = Diagnosis()
        for finding in findings { diagnosis.add(finding) }
        return diagnosis
    }

    /// What cannot be reached is told from what is wrong, and a warning is neither.
    @Test func results() {
        #expect(Self.diagnosis(.httpsUsed(), .skipped(.dns, .literalAddress)).result == .good)
        #expect(Self.diagnosis(.noSocketHere("/ws")).result == .good)
        #expect(Self.diagnosis(.selfSigned()).result == .bad)
        #expect(Self.diagnosis(.selfSigned(), .connectionRefused("a:1")).result == .unreachable)
        #expect(Self.diagnosis(.nameUnknown("a")).result.exitCode == 2)
        #expect(Self.diagnosis(.connectionTimedOut("a:1", "1 s")).result.exitCode == 2)
        #expect(Self.diagnosis(.noAnswer("1 s")).result.exitCode == 1)
        #expect(Diagnosis().result.exitCode == 0)
        // Nothing failed, and nothing was looked at.
        let withheld = Self.diagnosis(.skipped(.http, .httpsMissing))
        #expect(withheld.result == .bad)
        let text = DiagnosisText(language: .english).conclusion(withheld, PlatformRules(.wechat))
        #expect(text.contains("not asked"))
    }

    /// Nobody knows what the platform says where its check of the URL was not made.
    @Test func unverified() {
        let unverified = Self.diagnosis(.httpsUsed(), .skipped(.handshake, .noVerifyToken))
        #expect(unverified.result == .good)
        let text = DiagnosisText(language: .english)
        #expect(text.conclusion(unverified, PlatformRules(.messenger)).contains("--verify-token"))
        #expect(!text.conclusion(unverified, PlatformRules(.messenger)).contains("would accept"))
        let none = Self.diagnosis(.httpsUsed(), .skipped(.handshake, .platformHasNone))
        #expect(text.conclusion(none, PlatformRules(.generic)) == "The sender would accept this URL.")
        #expect(Self.diagnosis(.missingVerifyToken("")).result == .bad)
    }

    /// A relay takes renewed files over by itself: who is told to restart it ends its sockets for nothing.
    @Test(arguments: [Finding.expired("2026-01-01"), .expiresSoon("2026-01-01", days: 3)])
    func renewal(finding: Finding) {
        #expect(finding.wording.english.contains("by itself") && finding.wording.english.contains("log"))
        #expect(!finding.wording.english.contains("restart"))
        #expect(finding.wording.chinese.contains("日志") && !finding.wording.chinese.contains("重启"))
    }

    /// What was not looked at is known, so that it can be said.
    @Test func open() {
        #expect(Diagnosis().open == Check.allCases)
        #expect(!Self.diagnosis(.httpsUsed()).open.contains(.https))
    }

    /// The environment's language, by POSIX's order.
    @Test(arguments: [
        ([:], Language.english), (["LANG": "zh_CN.UTF-8"], .chinese), (["LANG": "ZH"], .chinese),
        (["LANG": "zh_TW.UTF-8", "LC_ALL": "C"], .english), (["LANG": "en_US", "LC_MESSAGES": "zh_CN"], .chinese),
        (["LANG": "zh_CN", "LC_ALL": ""], .chinese), (["LANG": "de_DE.UTF-8"], .english),
    ])
    func languages(environment: [String: String], language: Language) {
        #expect(Language { environment[$0] } == language)
    }

    /// A server that writes back what it was sent does not make the diagnosis print it.
    @Test func redaction() {
        let text = DiagnosisText(language: .english, secrets: [Secret("pass&word")])
        let finding = Finding.refused(400, "pass&word and pass%26word")
        #expect(!text.line(finding).contains("word "))
        #expect(text.line(finding).contains("… and …"))
    }

    /// Lines are aligned in both languages, and colours are there only where they are wanted.
    @Test func lines() {
        let finding = Finding.selfSigned()
        #expect(DiagnosisText(language: .english).line(finding).hasPrefix("FAIL     Certificate  The"))
        #expect(DiagnosisText(language: .chinese).line(finding).hasPrefix("FAIL     证书链       证书"))
        #expect(DiagnosisText(language: .english, isColoured: true).line(finding).hasPrefix("\u{1B}[31;1mFAIL"))
    }

    /// The object is JSON whatever stands in it.
    @Test func json() throws {
        let url = try #require(WebhookURL("https://a.example/w?secret=S3CRET"))
        let diagnosis = Self.diagnosis(.httpsUsed(), .refused(400, "\"quoted\" \\ \u{8}"))
        let json = DiagnosisText(language: .chinese).json(diagnosis, url: url, PlatformRules(.qq))
        #expect(AnswerText.isJSON(Array(json.utf8)))
        #expect(json.contains(#""result": "bad""#) && !json.contains("S3CRET"))
    }

    /// Every check has a name in each language, and every flaw of an answer its sentence.
    @Test func catalogue() {
        for language in Language.allCases {
            let labels = Check.allCases.map { DiagnosisWords.label($0)[language] }
            #expect(Set(labels).count == Check.allCases.count)
            for flaw in HandshakeFlaw.allCases {
                let finding = Finding.handshakeFlawed(flaw, "")
                #expect(finding.reason.rawValue == flaw.rawValue)
                #expect(!finding.wording[language].isEmpty)
            }
        }
        let skips = [
            Finding.Reason.notReached, .noTLS, .httpsMissing, .untrusted, .noAnswer, .notUsable, .plainHTTP,
            .connectedElsewhere,
            .literalAddress, .notAsked, .noDate, .platformHasNone,
        ]
        #expect(Set(skips.map { Finding.skipped(.dns, $0).wording.english }).count == skips.count)
    }
}
