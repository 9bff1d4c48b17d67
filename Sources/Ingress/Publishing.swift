// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// An event on its way to the broker.
struct Publishing {
    var event: Event
    var channel: ChannelID
    var key: DuplicateKey?
    /// The answer once the event is stored; where the platform takes a reply, the fallback without one.
    var acknowledgement: HTTPResponse
    /// How the platform takes the bot's reply, where its request waits for one.
    var reply: ReplyTerms?
    /// When it would begin to wait for that, by the clock of those that wait: what comes first, such as the question
    /// whether its bot's limit lets it through, is of its time too.
    var waitStart = NIODeadline.uptimeNanoseconds(0)
    /// How much of the channel's log is kept, where not as much as of all.
    var retention: ChannelRetention?
    /// What was taken of its bot's limit, where there is one.
    var permit: RatePermit?
    /// When it was verified.
    var verified = NIODeadline.uptimeNanoseconds(0)
    /// Where that is recorded.
    var trace: RequestTrace?
}
