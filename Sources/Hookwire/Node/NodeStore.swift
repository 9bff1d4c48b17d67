// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DiskBroker
internal import Glibc
internal import Logging
internal import NIOCore
internal import RedisBroker
internal import Shared

/// The broker of a node, and what has to be ended with it.
struct NodeStore: Sendable {
    let broker: any Broker
    /// Where nodes say who is connected to them.
    let presence: any PresenceStore
    /// Where bots' requests are counted.
    let limiter: any RateLimiter
    /// Where bots' sockets are counted.
    let seats: any SeatStore
    private let redis: RedisBroker?
    private let disk: DiskBroker?

    /// Whether the log ends with the process.
    var isVolatile: Bool { self.redis == nil && self.disk == nil }

    /// The store that the settings ask for: Redis, which it begins to connect to, files, or this process's memory.
    ///
    /// - Throws: `SettingsError` where the certificates of the Redis URL cannot be read, or the files cannot be used.
    init(_ configuration: NodeConfiguration, group: any EventLoopGroup, logger: Logger) throws(SettingsError) {
        if let settings = configuration.disk {
            self.redis = nil
            self.presence = LocalPresenceStore()
            self.limiter = LocalRateLimiter()
            self.seats = LocalSeats<ChannelID>()
            let disk = try Self.open(settings, logger: logger)
            self.disk = disk
            self.broker = disk
            return
        }
        self.disk = nil
        guard let deployment = configuration.redisURL else {
            self.redis = nil
            self.presence = LocalPresenceStore()
            self.limiter = LocalRateLimiter()
            self.seats = LocalSeats<ChannelID>()
            self.broker = MemoryBroker(configuration: configuration.memory)
            return
        }
        var settings: RedisBrokerConfiguration
        do {
            settings = try RedisBrokerConfiguration(deployment)
        } catch {
            throw SettingsError(message: error.description)
        }
        if configuration.tier.takesWebhooks { settings.wait(for: configuration.redisWait) }
        settings.retentionCount = configuration.retentionCount
        settings.retentionAgeMilliseconds = configuration.retentionAge.nanoseconds / 1_000_000
        settings.feeds = configuration.tier.holdsSockets
        let redis = RedisBroker(configuration: settings, group: group, logger: logger)
        redis.start()
        self.redis = redis
        self.broker = redis
        self.presence = redis.presence
        self.limiter = LeasedRateLimiter(source: redis.leases)
        self.seats = redis.seats
    }

    /// The registered bots in the Redis of the node.
    ///
    /// - Precondition: the node has a Redis.
    func botStore(key: RegistryEncryptionKey) -> RedisBotStore {
        guard let redis else { preconditionFailure("bots are kept in the Redis that joins the nodes") }
        return redis.botStore(key: key)
    }

    /// Ends the connections, once nothing is published or delivered any more.
    func shutdown() async {
        await self.redis?.shutdown()
        await self.disk?.shutdown()
    }

    private static func open(_ settings: DiskBrokerConfiguration, logger: Logger) throws(SettingsError) -> DiskBroker {
        // A file that may not grow any more is a full disk, and no reason to die.
        signal(SIGXFSZ, SIG_IGN)
        do {
            return try DiskBroker(configuration: settings, logger: logger)
        } catch {
            throw SettingsError(message: error.description)
        }
    }
}
