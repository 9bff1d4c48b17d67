// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// How a request waits for the bot's reply.
struct ReplyTerms {
    /// What a reply becomes.
    var form: any ReplyForm
    /// How long the request may wait: the platform's own limit less a margin for the way back.
    var timeLimit: TimeAmount
}
