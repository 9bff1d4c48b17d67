// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// What is kept of a request while its event is being stored.
struct Submission: Sendable {
    /// The answer once the event is stored.
    var acknowledgement: HTTPResponse
    /// What was taken of its bot's limit, where there is one.
    var permit: RatePermit?
    /// When the request was verified.
    var verified: NIODeadline
    /// Where that is recorded.
    var trace: RequestTrace?
}

extension Publishing {
    var submission: Submission {
        Submission(
            acknowledgement: self.acknowledgement,
            permit: self.permit,
            verified: self.verified,
            trace: self.trace
        )
    }
}
