// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Hookwire

/// When acknowledgements are sent.
@Suite struct AcknowledgementPaceTests {
    /// At once, as many as are allowed; then one for all the others, when the span is over.
    @Test func pace() {
        var pace = AcknowledgementPace()
        let start = NIODeadline.uptimeNanoseconds(1)
        var actions: [AcknowledgementPace.Action] = []
        for _ in 0..<AcknowledgementPace.limit { actions.append(pace.take(now: start)) }
        #expect(actions.allSatisfy { $0 == .now })
        #expect(pace.take(now: start + .milliseconds(30)) == .later(.milliseconds(70)))
        #expect(pace.take(now: start + .milliseconds(99)) == .waits)
        #expect(pace.take(now: start + .milliseconds(100)) == .now)
    }
}
