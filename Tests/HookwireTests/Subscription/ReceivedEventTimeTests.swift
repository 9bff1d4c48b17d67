// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Hookwire

/// When an event came, as the relay says it and as a person is shown it.
@Suite struct ReceivedEventTimeTests {
    @Test(
        arguments: [
            (#","time":"2026-01-31T12:00:00.123Z""#, Int64(1_769_860_800_123)), ("", nil), (#","time":"soon""#, nil),
            (#","time":"2026-02-31T12:00:00.123Z""#, nil),
        ] as [(String, Int64?)]
    )
    func milliseconds(more: String, expected: Int64?) {
        #expect(Envelopes.event(1, more: more).milliseconds == expected)
    }

    /// The heading's time is the event's, not that of the print.
    @Test func heading() {
        let event = Envelopes.event(1, more: #","time":"2026-01-31T12:00:00.123Z""#)
        let text = EventPrint(terminal: Terminal(isPlain: true), printsJSON: false).text(event)
        #expect(text.hasPrefix(LocalTime.text(milliseconds: 1_769_860_800_123)))
    }
}
