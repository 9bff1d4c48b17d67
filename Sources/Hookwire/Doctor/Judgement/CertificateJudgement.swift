// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// What was seen of a server's certificates.
struct CertificateFacts: Sendable {
    var trust: CertificateChain.Trust
    var isForHost: Bool
    var names: [String]
    var issuer: String
    /// When the last of the chain begins, in seconds since 1970-01-01T00:00:00Z. That may be after `validUntil`.
    var validFrom: Int64
    /// When the first of the chain expires, in the same unit.
    var validUntil: Int64
}

/// What certificates mean to a platform.
enum CertificateJudgement {
    /// A certificate with less time than this is renewed late.
    private static let soon: Int64 = 14 * 86_400

    /// - Parameter now: in seconds since 1970-01-01T00:00:00Z.
    static func findings(_ facts: CertificateFacts, host: String, now: Int64) -> [Finding] {
        let issuer = ForeignText.excerpt(facts.issuer.isEmpty ? "?" : facts.issuer, limit: 60)
        let names = facts.names.map { ForeignText.excerpt($0, limit: 80) }
        return [
            self.chain(facts.trust, issuer: issuer),
            facts.isForHost ? .hostNameFits(host) : .wrongHostName(host, names),
            self.expiry(facts, now: now),
        ]
    }

    /// Whether a platform would go on.
    static func isGood(_ facts: CertificateFacts, now: Int64) -> Bool {
        facts.trust == .trusted && facts.isForHost && now >= facts.validFrom && now <= facts.validUntil
    }

    private static func chain(_ trust: CertificateChain.Trust, issuer: String) -> Finding {
        switch trust {
        case .trusted: .trusted(issuer)
        case .selfSigned: .selfSigned()
        case .incomplete: .intermediateMissing(issuer)
        case .unknownAuthority: .unknownAuthority(issuer)
        case .invalid(let cause): .invalidChain(cause)
        }
    }

    private static func expiry(_ facts: CertificateFacts, now: Int64) -> Finding {
        func day(_ seconds: Int64) -> String { String(Timestamp.iso8601(seconds: seconds).prefix(10)) }
        if now < facts.validFrom { return .notYetValid(day(facts.validFrom)) }
        if now > facts.validUntil { return .expired(day(facts.validUntil)) }
        let days = (facts.validUntil - now) / 86_400
        return facts.validUntil - now < self.soon
            ? .expiresSoon(day(facts.validUntil), days: days) : .valid(until: day(facts.validUntil), days: days)
    }
}
