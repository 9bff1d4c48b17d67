// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import Shared

@testable import DiskBroker

extension DiskBroker {
    /// Removes what is over, and returns when that is done.
    func finishUpkeep() async throws {
        self.keepUp()
        // Reads come before the upkeep of their own batch, but not before that of an earlier one.
        for _ in 0..<2 { _ = try await self.page(Fixtures.channel()) }
    }

    /// The bodies of all events of a channel.
    func everything(on channel: ChannelID) async throws -> [String] {
        var texts: [String] = []
        var position: Position?
        while true {
            let page = try await self.page(channel, after: position)
            guard let entries = page.entries, let last = entries.last else { return texts }
            texts += entries.map(\.event.text)
            position = last.position
        }
    }
}
