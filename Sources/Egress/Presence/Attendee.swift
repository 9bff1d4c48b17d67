// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// What a connection says of itself to an operator.
package struct Attendee: Equatable {
    var speech: SocketPresence.Speech
    /// Its consumer or its group; nil for none.
    var consumer: String?
    /// The last event that it was sent; nil where that is not kept.
    var offset: UInt64?
}

extension ConsumerName {
    /// The name as an operator sees it; nil for nobody in particular.
    var shown: String? { self.isAnybody ? nil : self.text }
}
