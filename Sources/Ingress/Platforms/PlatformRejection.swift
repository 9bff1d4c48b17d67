// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1
internal import Shared

/// Why a platform's request is refused: an enum whose raw values are the problems' reasons and metric labels.
protocol PlatformRejection: Error, RawRepresentable<String>, CaseIterable, Sendable {
    /// The answer's status.
    var status: HTTPResponseStatus { get }
    /// A sentence that says what is wrong, and how to fix it.
    var detail: String { get }
    /// Whether the request may be a guess at a secret, which counts towards a ban of its address. A request that was
    /// never compared with a secret is not: a wrong clock or late events must not get a platform banned.
    var isGuess: Bool { get }
    /// Header fields that belong to the error. None, by default.
    var headers: [(name: String, value: String)] { get }
    /// Where the status is 401: the authentication scheme that the request needs (RFC 9110, section 11.6.1).
    var challenge: String { get }
}

extension PlatformRejection {
    var headers: [(name: String, value: String)] { [] }
    /// The platforms' signature schemes have no registered name.
    var challenge: String { "Signature" }

    /// The problem response; a guess is charged, to no bot as yet.
    var problem: Problem {
        var headers = self.headers
        if self.status == .unauthorized { headers.append(("WWW-Authenticate", self.challenge)) }
        let problem = Problem(self.status, reason: self, detail: self.detail, headers: headers)
        return self.isGuess ? problem.charged(for: nil) : problem
    }
}
