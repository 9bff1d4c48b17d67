// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import Shared

/// The broker of a node, and what has to be ended with it.
struct NodeStore: Sendable {
    let broker: any Broker

    /// The store that the settings ask for.
    init(_ configuration: NodeConfiguration, group: any EventLoopGroup, logger: Logger) {
        var memory = MemoryBrokerConfiguration()
        memory.retentionCount = configuration.retentionCount
        memory.retentionAgeMilliseconds = configuration.retentionAge.nanoseconds / 1_000_000
        memory.memoryLimit = configuration.memoryLimit
        self.broker = MemoryBroker(configuration: memory)
    }

    /// Ends the connections, once nothing is published or delivered any more.
    func shutdown() async {}
}
