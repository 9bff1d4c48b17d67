// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Formats a bot's reply as the HTTP response of the platform's request.
///
/// It holds what it needs of the request, since it is called on the thread where a reply arrives.
protocol ReplyForm: Sendable {
    /// The platform's response. Must not block.
    ///
    /// - Returns: nil where the platform cannot be answered so.
    func response(to reply: Reply) -> HTTPResponse?
}
