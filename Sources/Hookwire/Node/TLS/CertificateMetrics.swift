// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Metrics

/// The metrics of a node's certificate; created before it is loaded, so that every outcome is exported from the start.
struct CertificateMetrics: Sendable {
    /// What reading the files again came to.
    enum Outcome {
        case replaced
        case unchanged
        case failed(CertificateFault.Reason)

        fileprivate var label: String {
            switch self {
            case .replaced: "replaced"
            case .unchanged: "unchanged"
            case .failed(let reason): reason.rawValue
            }
        }
    }

    private let reloads: [String: Counter]
    private let expiry = Gauge(label: "hookwire_tls_certificate_expiry_seconds")

    init() {
        let outcomes = [.replaced, .unchanged] + CertificateFault.Reason.allCases.map { Outcome.failed($0) }
        self.reloads = Dictionary(
            uniqueKeysWithValues: outcomes.map {
                ($0.label, Counter(label: "hookwire_tls_reloads_total", dimensions: [("outcome", $0.label)]))
            }
        )
    }

    func count(_ outcome: Outcome) {
        self.reloads[outcome.label]?.increment()
    }

    /// - Parameter seconds: since 1970, when the certificate in use expires.
    func expires(_ seconds: Int64) {
        self.expiry.record(seconds)
    }
}
