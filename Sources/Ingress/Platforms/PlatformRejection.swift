// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1
internal import Shared

/// Why a platform's request is refused: an enum whose raw values are the problems' reasons and metric labels.
protocol PlatformRejection: Error, RawRepresentable<String>, CaseIterable, Sendable {
    /// The answer's status.
    var status: HTTPResponseStatus { get }
    /// A sentence that says what is wrong, and what mends it.
    var detail: String { get }
    /// Header fields that belong to the error. None, by default.
    var headers: [(name: String, value: String)] { get }
}

extension PlatformRejection {
    var headers: [(name: String, value: String)] { [] }

    /// The answer that says so, and what mends it.
    var problem: Problem {
        Problem(self.status, reason: self.rawValue, detail: self.detail, headers: self.headers)
    }
}
