// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOSSL
import Testing

@testable import Hookwire

@Suite struct ConnectFailureTests {
    /// Only what failed in the handshake is said to have; the name on a certificate is told as such.
    @Test func handshakes() {
        #expect(ConnectFailure.text(NIOSSLError.handshakeFailed(.zeroReturn)) == "the TLS handshake failed")
        #expect(ConnectFailure.text(NIOSSLError.uncleanShutdown) == "cut off in the middle of TLS")
        #expect(
            ConnectFailure.text(NIOSSLExtraError.failedToValidateHostname, flag: "--insecure-to")
                == "its TLS certificate is for another host; --insecure-to takes any"
        )
    }
}
