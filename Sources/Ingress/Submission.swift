// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// The state of a request while its event is being stored.
struct Submission: Sendable {
    /// The answer once the event is stored.
    var acknowledgement: HTTPResponse
    /// The permit from its bot's limit, if any.
    var permit: RatePermit?
    /// When the request was verified.
    var verified: NIODeadline
    /// Its trace, if recorded.
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
