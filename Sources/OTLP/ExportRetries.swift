// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// A collector's answer, or its absence.
enum ExportAnswer: Equatable {
    /// It accepted the spans, except for this many.
    case accepted(rejected: Int)
    /// It may take them later: after a time that it asked for, if it did.
    case later(TimeAmount?)
    /// It never will.
    case refused

    /// What a status means (OTLP specification, "OTLP/HTTP Response", "Failures").
    ///
    /// - Parameter retryAfter: the field of that name: whole seconds (RFC 9110, section 10.2.3); a date is not heeded.
    init(status: UInt, retryAfter: String?, rejected: Int = 0) {
        switch status {
        case 200..<300: self = .accepted(rejected: rejected)
        case 429, 502, 503, 504:
            let seconds = retryAfter.flatMap { Int64($0) }.flatMap { $0 >= 0 && $0 < 86_400 ? $0 : nil }
            self = .later(seconds.map { .seconds($0) })
        default: self = .refused
        }
    }
}

/// Whether a batch is sent again, and when. No IO and no clock of its own.
struct ExportRetries {
    private let attempts: Int
    private let longestPause: TimeAmount
    private var nextPause: TimeAmount
    private var made = 0

    init(_ configuration: OTLPConfiguration) {
        self.attempts = configuration.attempts
        self.longestPause = configuration.longestPause
        self.nextPause = configuration.firstPause
    }

    enum Action: Equatable {
        case done(rejected: Int)
        case wait(TimeAmount)
        case giveUp(SpanOutcome)
    }

    /// The collector has answered.
    mutating func answered(_ answer: ExportAnswer) -> Action {
        self.made += 1
        switch answer {
        case .accepted(let rejected):
            return .done(rejected: rejected)
        case .refused:
            return .giveUp(.refused)
        case .later(let asked):
            guard self.made < self.attempts else { return .giveUp(.unreachable) }
            let pause = min(self.longestPause, max(asked ?? .zero, self.nextPause))
            self.nextPause = min(self.longestPause, self.nextPause * 2)
            return .wait(pause)
        }
    }
}
