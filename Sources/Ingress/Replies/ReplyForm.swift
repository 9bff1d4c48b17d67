// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// What a bot's reply becomes on a platform that takes it in the answer to its request.
///
/// It holds what it needs of the request, for it is asked on whatever thread a reply comes in.
protocol ReplyForm: Sendable {
    /// The platform's answer. Must not block.
    ///
    /// - Returns: nil where the platform cannot be answered so.
    func response(to reply: Reply) -> HTTPResponse?
}
