// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Shared

@Suite struct PresenceReportTests {
    /// Whatever a store holds is a report that can be looked at, or none.
    @Test(arguments: ["-9223372036854775808", "9223372036854775807", "0", "1700000000000"])
    func anyTime(time: String) throws {
        let json = #"{"node":"x","time":\#(time),"count":9223372036854775807,"sockets":[]}"#
        let report = try #require(
            json.utf8CString.withUnsafeBytes { PresenceReport(json: .init(rebasing: $0.dropLast())) }
        )
        #expect(report.isCurrent(at: 1_700_000_000_000) == (["9223372036854775807", "1700000000000"].contains(time)))
        #expect(report.count + report.count > 0)
    }
}
