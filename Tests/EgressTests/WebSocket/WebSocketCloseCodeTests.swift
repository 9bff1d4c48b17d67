// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Egress

@Suite struct WebSocketCloseCodeTests {
    /// RFC 6455 7.4: of all 65,536 numbers exactly the registered, library and application ones may be on the wire.
    @Test func knowsWhatMayBeSent() {
        let valid = Set([1000, 1001, 1002, 1003] + (1007...1014) + (3000...4999)).map(UInt16.init)
        let found = (UInt16.min ... .max).filter { WebSocketCloseCode(rawValue: $0).isValidOnWire }
        #expect(found == valid.sorted())
    }

    /// What we send must be something that may be sent, and fit a close frame with its explanation.
    @Test func sendsOnlyWhatMayBeSent() {
        for reason in SocketEndReason.allCases {
            #expect(reason.closeCode?.isValidOnWire != false, "\(reason)")
        }
        for violation in WebSocketViolation.allCases {
            #expect(violation.endReason.closeCode != nil, "\(violation)")
            #expect(violation.explanation.utf8.count <= WebSocketFrameEncoder.maximumReasonBytes, "\(violation)")
        }
    }
}
