// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// One channel of a `MemoryBroker`: its log and who feeds on it. Lives under the broker's lock.
final class MemoryChannel {
    /// A feed and the number by which it is cancelled.
    struct Feed {
        var number: UInt64
        var receiver: any FeedReceiver
    }

    let id: ChannelID
    var log: MemoryLog
    var feeds: [Feed] = []
    /// What is kept of it, where not what is kept of all.
    var retention: ChannelRetention?

    init(id: ChannelID, log: MemoryLog) {
        self.id = id
        self.log = log
    }
}
