// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What a diagnosis looks at, in its order.
enum Check: String, Sendable, CaseIterable {
    case https
    case port
    case dns
    case connect
    case tls
    case chain
    case name
    case expiry
    case redirect
    case http
    case handshake
    case time
    case event
    case forgery
    case clock
    case socket
}

/// How a check ended.
enum Outcome: String, Sendable {
    case ok
    /// The platform would probably accept it, but it should be checked.
    case warn
    /// The platform would refuse the URL, or its events, or should.
    case fail
    /// It could not be looked at, or there was nothing to look at.
    case skipped
}
