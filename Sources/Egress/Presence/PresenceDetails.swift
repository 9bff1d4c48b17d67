// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// A connection's details for operators.
package struct PresenceDetails: Equatable {
    var speech: SocketPresence.Speech
    /// Its consumer or its group; nil for none.
    var consumer: String?
    /// The last event that it was sent; nil if that is not tracked.
    var offset: UInt64?
}

extension ConsumerName {
    /// The name shown to an operator; nil for `anybody`.
    var shown: String? { self.isAnybody ? nil : self.text }
}
