// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Logging
import Shared
import Testing

@testable import Hookwire

@Suite struct LogFormatTests {
    /// Who did what to a bot is written however little else is; a level that writes more holds for it too.
    @Test func auditLog() {
        for format in LogFormat.allCases {
            #expect(format.handler(label: AuditLog.label, level: .error).logLevel == .notice)
            #expect(format.handler(label: AuditLog.label, level: .debug).logLevel == .debug)
            #expect(format.handler(label: "hookwire", level: .error).logLevel == .error)
        }
    }
}
