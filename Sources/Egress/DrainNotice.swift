// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What a client is told when its node drains.
enum DrainNotice {
    /// For the author of the client; in no more than 123 bytes, which is what a close frame has room for.
    static let text = "this node is draining; connect again"
}
