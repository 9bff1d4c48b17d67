// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// What a member is told whose group was refused.
enum GroupRefusal {
    /// For the author of the client; in no more than 123 bytes.
    static let text = "the bot has \(ConsumerName.limit) groups already; use one of their names, or come back later"
}
