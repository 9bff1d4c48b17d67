// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// An event to be published.
struct Publishing {
    var event: Event
    var channel: ChannelID
    var key: DuplicateKey?
    /// The response once the event is stored; if the platform accepts a reply, the fallback without one.
    var acknowledgement: HTTPResponse
    /// How the platform accepts the bot's reply, if its request waits for one.
    var reply: ReplyTerms?
    /// When its wait begins, by the clock of `WaitingReplies`: earlier steps, such as the rate-limit check, count
    /// towards the wait.
    var waitStart = NIODeadline.uptimeNanoseconds(0)
    /// The channel's own log retention; nil for the broker's default.
    var retention: ChannelRetention?
    /// The permit from its bot's limit, if any.
    var permit: RatePermit?
    /// When it was verified.
    var verified = NIODeadline.uptimeNanoseconds(0)
    /// Its trace, if recorded.
    var trace: RequestTrace?
}
