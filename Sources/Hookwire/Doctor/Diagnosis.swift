// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Findings, and what they mean together.
struct Diagnosis: Sendable {
    enum Result: String, Sendable {
        case good
        case bad
        case unreachable

        var exitCode: Int32 {
            switch self {
            case .good: 0
            case .bad: 1
            case .unreachable: 2
            }
        }
    }

    private static let unreachable: Set<Finding.Reason> = [
        .nameUnknown, .nameServerSilent, .connectionRefused, .connectionTimedOut, .networkUnreachable,
    ]

    private(set) var findings: [Finding] = []

    /// Adds a finding; each check has one.
    mutating func add(_ finding: Finding) {
        precondition(!self.findings.contains { $0.check == finding.check }, "a check has one finding")
        self.findings.append(finding)
    }

    /// The checks of which nothing is known yet.
    var open: [Check] {
        Check.allCases.filter { check in !self.findings.contains { $0.check == check } }
    }

    var failures: Int { self.findings.count { $0.outcome == .fail } }

    /// Whether the webhook was not asked, because the secret would have been sent in the clear.
    private var isWithheld: Bool {
        self.findings.contains { $0.outcome == .skipped && $0.reason == .httpsMissing }
    }

    /// Whether the platform's check of the URL could not be made, for want of its token.
    var isUnverified: Bool {
        self.findings.contains { $0.check == .handshake && $0.reason == .noVerifyToken }
    }

    var result: Result {
        if self.findings.contains(where: { $0.outcome == .fail && Self.unreachable.contains($0.reason) }) {
            return .unreachable
        }
        return self.failures == 0 && !self.isWithheld ? .good : .bad
    }
}
