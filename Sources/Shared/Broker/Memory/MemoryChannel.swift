// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// One channel of a `MemoryBroker`: its log and its feeds. Guarded by the broker's lock.
final class MemoryChannel {
    /// A feed and the number by which it is cancelled.
    struct Feed {
        var number: UInt64
        var receiver: any FeedReceiver
    }

    let id: ChannelID
    var log: MemoryLog
    var feeds: [Feed] = []
    /// Its own retention, where it differs from the default.
    var retention: ChannelRetention?

    init(id: ChannelID, log: MemoryLog) {
        self.id = id
        self.log = log
    }
}
