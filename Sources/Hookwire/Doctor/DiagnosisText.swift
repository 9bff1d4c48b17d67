// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// A diagnosis as it is printed.
struct DiagnosisText: Sendable {
    var language: Language
    /// Whether outcomes have colours.
    var isColoured = false
    /// What must not be printed, whatever a server has written.
    var secrets: [Secret] = []

    /// One finding on one line.
    func line(_ finding: Finding) -> String {
        let label = DiagnosisWords.label(finding.check)[self.language]
        let outcome = finding.outcome == .fail ? "FAIL" : finding.outcome.rawValue
        return self.coloured(Self.padded(outcome, to: 9), finding.outcome) + Self.padded(label, to: 13)
            + self.redacted(finding.wording[self.language])
    }

    func conclusion(_ diagnosis: Diagnosis, _ rules: PlatformRules) -> String {
        DiagnosisWords.conclusion(diagnosis, rules)[self.language]
    }

    /// All findings as one JSON object.
    func json(_ diagnosis: Diagnosis, url: WebhookURL, _ rules: PlatformRules) -> String {
        let checks = diagnosis.findings.map { finding in
            """
                {"check": "\(finding.check.rawValue)", "outcome": "\(finding.outcome.rawValue)", \
            "reason": "\(finding.reason.rawValue)", "text": \(self.redacted(finding.wording[self.language]).asJSON)}
            """
        }
        return """
            {
              "url": \(url.redacted.asJSON),
              "platform": "\(rules.platform.rawValue)",
              "result": "\(diagnosis.result.rawValue)",
              "checks": [
            \(checks.joined(separator: ",\n"))
              ]
            }
            """
    }

    private func redacted(_ text: String) -> String {
        var text = text
        for secret in self.secrets where secret.utf8Count >= 4 {
            let secret = secret.exposeText()
            text = text.replacing(secret, with: "…").replacing(PercentEncoding.encode(secret), with: "…")
        }
        return text
    }

    private func coloured(_ text: String, _ outcome: Outcome) -> String {
        guard self.isColoured else { return text }
        let colour =
            switch outcome {
            case .ok: "32"
            case .warn: "33"
            case .fail: "31;1"
            case .skipped: "2"
            }
        return "\u{1B}[\(colour)m\(text)\u{1B}[0m"
    }

    /// A text with spaces up to a column; a Chinese character takes two.
    private static func padded(_ text: String, to width: Int) -> String {
        let columns = text.unicodeScalars.reduce(0) { $0 + ($1.value >= 0x2E80 ? 2 : 1) }
        return text + String(repeating: " ", count: max(1, width - columns))
    }
}
