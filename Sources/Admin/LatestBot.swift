// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared
internal import Synchronization

/// The bot produced by the last attempt of a change: attempts are repeated on a conflict.
final class LatestBot: Sendable {
    private let state = Mutex<Bot?>(nil)

    var bot: Bot? {
        get { self.state.withLock { $0 } }
        set { self.state.withLock { $0 = newValue } }
    }
}
