// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Logging
import Testing

@testable import Egress

@Suite struct QQUserFailureTests {
    /// The platform's number says what is wrong; what it writes beside it is told nobody.
    @Test(
        arguments: [
            (401, #"{"message":"token SECRET not exist","code":11244}"#, "11244"), (403, #"{"code":-1}"#, "-1"),
            (500, "<html>SECRET</html>", nil), (200, "{}", nil), (401, #"{"code":"SECRET"}"#, nil), (502, "", nil),
        ] as [(UInt, String, String?)]
    )
    func answers(status: UInt, body: String, code: String?) {
        let metadata = QQUserFailure(status: status, body: Array(body.utf8)).metadata
        #expect(metadata["status"] == "\(status)")
        #expect(metadata["code"].map { "\($0)" } == code)
        #expect(!"\(metadata)".contains("SECRET"))
    }

    /// Where there is no answer, the reason is the one that is counted.
    @Test func silence() {
        #expect(QQUserFailure.unanswered(.upstreamTimeout).metadata == ["reason": "upstream_timeout"])
    }
}
