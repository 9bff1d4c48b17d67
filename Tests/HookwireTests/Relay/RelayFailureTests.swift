// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOSSL
import Testing

@testable import Hookwire

@Suite struct RelayFailureTests {
    private static func sentence(_ failure: RelayFailure) -> String {
        failure.sentence(base: "https://h", timeout: .seconds(10), connectTimeout: .seconds(5), answerLimit: 1 << 20)
    }

    /// What is wrong with a certificate is said with the flag that passes over it, as `listen` says it.
    @Test func certificates() {
        #expect(
            Self.sentence(RelayFailure(NIOSSLExtraError.failedToValidateHostname))
                == "Cannot reach https://h: its TLS certificate is for another host; --insecure takes any."
        )
        for failure in [ProbeFailure.tls("CERTIFICATE_VERIFY_FAILED"), .untrusted] {
            #expect(
                Self.sentence(.transport(failure))
                    == "Cannot reach https://h: its TLS certificate is not trusted; --insecure takes any."
            )
        }
        #expect(Self.sentence(.transport(.tls("WRONG_VERSION_NUMBER"))).contains("begins with http://"))
        #expect(Self.sentence(.transport(.tls("UNSUPPORTED_PROTOCOL"))).contains("TLS failed (UNSUPPORTED_PROTOCOL)"))
    }
}
