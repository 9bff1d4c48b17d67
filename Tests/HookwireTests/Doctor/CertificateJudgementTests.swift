// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@testable import Hookwire

@Suite struct CertificateJudgementTests {
    private static let now: Int64 = 1_800_000_000
    private static let good = CertificateFacts(
        trust: .trusted,
        isForHost: true,
        names: ["a.example"],
        issuer: "R3",
        validFrom: now - 86_400,
        validUntil: now + 60 * 86_400
    )

    private static func reasons(_ change: (inout CertificateFacts) -> Void) -> [Finding.Reason] {
        var facts = self.good
        change(&facts)
        let findings = CertificateJudgement.findings(facts, host: "a.example", now: self.now)
        #expect(findings.map(\.check) == [.chain, .name, .expiry])
        #expect(CertificateJudgement.isGood(facts, now: self.now) == !findings.contains { $0.outcome == .fail })
        return findings.map(\.reason)
    }

    /// Each fault is told by itself, and whatever is a fault is nothing to go on with.
    @Test func faults() {
        #expect(Self.reasons { _ in } == [.fine, .fine, .fine])
        #expect(Self.reasons { $0.trust = .selfSigned } == [.selfSigned, .fine, .fine])
        #expect(Self.reasons { $0.trust = .incomplete } == [.intermediateMissing, .fine, .fine])
        #expect(Self.reasons { $0.trust = .unknownAuthority } == [.unknownAuthority, .fine, .fine])
        #expect(Self.reasons { $0.trust = .invalid("x") } == [.invalidChain, .fine, .fine])
        #expect(Self.reasons { $0.isForHost = false } == [.fine, .wrongHostName, .fine])
        #expect(Self.reasons { $0.validUntil = Self.now - 1 } == [.fine, .fine, .expired])
        #expect(Self.reasons { $0.validUntil = Self.now } == [.fine, .fine, .expiresSoon])
        #expect(Self.reasons { $0.validUntil = Self.now + 14 * 86_400 } == [.fine, .fine, .fine])
        #expect(Self.reasons { $0.validUntil = Self.now + 14 * 86_400 - 1 } == [.fine, .fine, .expiresSoon])
        #expect(Self.reasons { $0.validFrom = Self.now + 1 } == [.fine, .fine, .notYetValid])
    }

    /// Of a chain whose certificates are never valid together, there is no moment from which until which all are.
    @Test func neverValidTogether() {
        func reasons(from: Int64, until: Int64) -> [Finding.Reason] {
            Self.reasons {
                $0.validFrom = Self.now + from
                $0.validUntil = Self.now + until
            }
        }
        #expect(reasons(from: -10, until: -20) == [.fine, .fine, .expired])
        #expect(reasons(from: 20, until: 10) == [.fine, .fine, .notYetValid])
        #expect(reasons(from: 10, until: -10) == [.fine, .fine, .notYetValid])
    }

    /// What a certificate says is foreign text.
    @Test func foreignNames() {
        var facts = Self.good
        facts.isForHost = false
        facts.names = ["a\u{1B}[2Jb.example"]
        facts.issuer = "\r\nok"
        let findings = CertificateJudgement.findings(facts, host: "a.example", now: Self.now)
        for finding in findings {
            #expect(!finding.wording.english.unicodeScalars.contains { $0.value < 0x20 })
        }
        #expect(findings[1].wording.english.contains("b.example"))
    }
}
