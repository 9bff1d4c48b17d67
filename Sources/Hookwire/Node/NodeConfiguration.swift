// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DiskBroker
internal import Egress
internal import Ingress
internal import Logging
internal import NIOCore
internal import RedisBroker
internal import Shared

/// All settings of a node, checked.
struct NodeConfiguration: Sendable {
    let tier: Tier
    var host = "0.0.0.0"
    var port: Int
    var threads = System.coreCount
    var tlsCertificate: String?
    var tlsKey: String?
    var logLevel = Logger.Level.info
    var drain = TimeAmount.seconds(20)
    var limits = HTTPLimits()
    var ingress = IngressConfiguration()
    var egress = EgressConfiguration()
    var retentionCount = 1_000
    var retentionAge = TimeAmount.hours(1)
    var memoryLimit = 256 << 20
    /// Where the Redis are that join the nodes.
    var redisURL: RedisDeployment?
    /// How many replicas must have an event before it is acknowledged.
    var redisWait: RedisWait?
    /// The directory of the log, where it is to outlive the process without a Redis.
    var data: String?
    var dataLimit = 1 << 30
    /// Whose events are relayed.
    var access = AccessMode.open
    /// Where the registered bots are; nil where there are none.
    var registry: RegistrySource?
    /// What opens the admin API; nil where there is none.
    var adminToken: Secret?
    /// Where the admin API listens.
    var adminHost = "127.0.0.1"
    var adminPort = 8_082
    var nodeLimits = NodeLimits()
    var telemetry = TelemetryConfiguration()

    /// Reads the settings.
    ///
    /// - Throws: `SettingsError` for the first that cannot be used, or that does not go with another.
    init(_ reader: SettingsReader, tier: Tier) throws(SettingsError) {
        self.tier = tier
        self.port = tier.defaultPort
        try self.readNode(reader)
        try self.readHTTP(reader)
        try self.readIngress(reader)
        try self.readStore(reader)
        try self.readEgress(reader)
        try self.readQQ(reader)
        try self.readAccess(reader)
        self.egress.nodeName = "\(HostName.current):\(self.port)"
        try self.readLimits(reader)
        try self.readTelemetry(reader)
        try self.checkCombinations()
    }

    private mutating func readNode(_ reader: SettingsReader) throws(SettingsError) {
        try reader.read(.text("host"), into: &self, \.host)
        try reader.read(.number("port", in: 0...65_535), into: &self, \.port)
        try reader.read(.number("threads", in: 1...256), into: &self, \.threads)
        self.tlsCertificate = try reader.value(.text("tls-cert"))
        self.tlsKey = try reader.value(.text("tls-key"))
        try reader.read(.choice("log-level"), into: &self, \.logLevel)
        try reader.read(.duration("drain", in: .zero ... .hours(1)), into: &self, \.drain)
    }

    private mutating func readHTTP(_ reader: SettingsReader) throws(SettingsError) {
        try reader.read(.bytes("body-limit", in: 1_024...(64 << 20)), into: &self, \.limits.body)
        let timeouts = TimeAmount.milliseconds(100) ... .hours(1)
        try reader.read(.duration("header-timeout", in: timeouts), into: &self, \.limits.headerTimeout)
        try reader.read(.duration("body-timeout", in: timeouts), into: &self, \.limits.bodyTimeout)
        self.egress.messageTimeout = self.limits.bodyTimeout
        try reader.read(.duration("idle-timeout", in: timeouts), into: &self, \.limits.idleTimeout)
    }

    private mutating func readIngress(_ reader: SettingsReader) throws(SettingsError) {
        // Far enough for vectors of another year in a test; no operator's clock is so far off.
        let century = TimeAmount.hours(24 * 36_500)
        try reader.read(.duration("freshness", in: .seconds(1)...century), into: &self, \.ingress.freshness)
        try reader.read(.choice("signature-check"), into: &self, \.ingress.signatureCheck)
        // The longest that a platform can be told to wait, Dialogflow CX.
        let waits = TimeAmount.milliseconds(100) ... .seconds(30)
        try reader.read(.duration("reply-timeout", in: waits), into: &self, \.ingress.replyTimeout)
    }

    private mutating func readStore(_ reader: SettingsReader) throws(SettingsError) {
        try reader.read(.number("retention-count", in: 1...1_000_000), into: &self, \.retentionCount)
        try reader.read(.duration("retention-age", in: .seconds(1) ... .hours(24 * 30)), into: &self, \.retentionAge)
        try reader.read(.bytes("memory-limit", in: (1 << 20)...(1 << 40)), into: &self, \.memoryLimit)
        self.redisURL = try reader.value(.redisURL("redis-url"))
        self.redisWait = try reader.value(.redisWait)
        self.data = try reader.value(.text("data"))
        let limits = DiskBrokerConfiguration.leastLimit...(1 << 40)
        try reader.read(.bytes("data-limit", in: limits), into: &self, \.dataLimit)
    }

    private mutating func readEgress(_ reader: SettingsReader) throws(SettingsError) {
        try reader.read(.duration("ping-interval", in: .seconds(2) ... .hours(1)), into: &self, \.egress.pingInterval)
        try reader.read(.duration("pong-timeout", in: .seconds(1) ... .hours(1)), into: &self, \.egress.pongTimeout)
        try reader.read(.bytes("queue-limit", in: 1_024...(1 << 30)), into: &self, \.egress.queueLimit)
    }

    private mutating func readQQ(_ reader: SettingsReader) throws(SettingsError) {
        let upstream = try reader.value(.upstream("qq-upstream")) ?? .url(QQConfiguration.defaultAPI)
        let tokens = try reader.value(.httpURL("qq-token-upstream")) ?? QQConfiguration.defaultTokens
        switch upstream {
        case .none: self.egress.qq.upstream = .none
        case .url(let api): self.egress.qq.upstream = .platform(api: api, tokens: tokens)
        }
        self.egress.qq.publicURL = try reader.value(.httpURL("public-url"))
        self.egress.qq.servesTLS = self.tlsCertificate != nil
        let intervals = TimeAmount.milliseconds(100) ... .hours(1)
        try reader.read(.duration("qq-heartbeat", in: intervals), into: &self, \.egress.qq.heartbeatInterval)
        try reader.read(.duration("qq-identify-timeout", in: intervals), into: &self, \.egress.qq.identifyTimeout)
        try reader.read(.duration("qq-timeout", in: intervals), into: &self, \.egress.qq.timeout)
    }

    private mutating func readAccess(_ reader: SettingsReader) throws(SettingsError) {
        try reader.read(.choice("access"), into: &self, \.access)
        self.registry = try RegistrySource(reader, redisURL: self.redisURL)
        self.adminToken = try reader.value(.adminToken)
        let adminHost = try reader.value(.text("admin-host"))
        let adminPort = try reader.value(.number("admin-port", in: 0...65_535))
        guard self.adminToken != nil || (adminHost == nil && adminPort == nil) else {
            throw SettingsError(
                message:
                    "--admin-host and --admin-port say nothing without HOOKWIRE_ADMIN_TOKEN, which opens the API that "
                    + "listens there: give that too."
            )
        }
        if let adminHost { self.adminHost = adminHost }
        if let adminPort { self.adminPort = adminPort }
    }

    /// What the broker in memory is to retain.
    var memory: MemoryBrokerConfiguration {
        var memory = MemoryBrokerConfiguration()
        memory.retentionCount = self.retentionCount
        memory.retentionAgeMilliseconds = self.retentionAge.nanoseconds / 1_000_000
        memory.memoryLimit = self.memoryLimit
        return memory
    }

    /// Where events are kept, to end the sentence "Events are kept …".
    var retentionSentence: String {
        if let redisURL { return "in Redis at \(redisURL)" }
        if let data { return "in \(data), and outlive the process" }
        return "in memory only, and end with the process; --data DIRECTORY keeps them"
    }

    /// What the broker on disk is to retain; nil where there is none.
    var disk: DiskBrokerConfiguration? {
        guard let data else { return nil }
        var disk = DiskBrokerConfiguration(directory: data)
        disk.limit = self.dataLimit
        disk.retentionCount = self.retentionCount
        disk.retentionAgeMilliseconds = self.retentionAge.nanoseconds / 1_000_000
        return disk
    }

    private func checkCombinations() throws(SettingsError) {
        guard self.data == nil || self.tier == .both else {
            throw SettingsError(
                message: "--data (HOOKWIRE_DATA, data: in the file) is for hookwire serve alone: leave it out. A tier "
                    + "of its own keeps events in the Redis of --redis-url."
            )
        }
        guard self.data == nil || self.redisURL == nil else {
            throw SettingsError(
                message: "--data and --redis-url both say where events are kept: give the one that shall have them."
            )
        }
        guard self.data == nil || self.dataLimit >= 2 * DiskBrokerConfiguration.eventShare * self.limits.body else {
            throw SettingsError(
                message: "--data-limit must be at least \(2 * DiskBrokerConfiguration.eventShare) times --body-limit."
            )
        }
        guard self.tier == .both || self.redisURL != nil else {
            throw SettingsError(
                message: "A tier of its own meets the other in a Redis: give --redis-url, for instance "
                    + "redis://localhost:6379/0. Without a Redis, hookwire serve runs both tiers in one process."
            )
        }
        guard self.redisWait == nil || self.redisURL != nil else {
            throw SettingsError(
                message: "--redis-wait waits for replicas of a Redis: give --redis-url, or leave it out."
            )
        }
        guard self.access == .open || self.registry != nil else {
            throw SettingsError(
                message: "--access registered serves the registered bots only, and nothing says where they are: "
                    + "\(RegistrySource.mend)."
            )
        }
        guard self.adminToken == nil || self.registry != nil else {
            throw SettingsError(
                message: "HOOKWIRE_ADMIN_TOKEN opens the API that manages the registered bots, and nothing says where "
                    + "they are: \(RegistrySource.mend)."
            )
        }
        guard self.adminToken == nil || self.adminPort == 0 || self.adminPort != self.port || self.hostsAreApart else {
            throw SettingsError(
                message:
                    "--port and --admin-port are the same: the admin API has a port of its own, such as 8082, or an "
                    + "address of its own."
            )
        }
        guard (self.tlsCertificate == nil) == (self.tlsKey == nil) else {
            throw SettingsError(message: "--tls-cert and --tls-key go together; give both or neither.")
        }
        guard self.egress.leavesTimeToAnswerPings else {
            throw SettingsError(
                message: "--pong-timeout must be more than a second shorter than --ping-interval, in whole seconds."
            )
        }
        // Of a node that keeps its events elsewhere it says nothing: a file or an environment may be shared by all tiers.
        guard self.redisURL != nil || self.data != nil || self.memoryLimit >= 2 * self.limits.body else {
            throw SettingsError(message: "--memory-limit must be at least twice --body-limit.")
        }
    }

    /// Whether the admin API may have the number of the node's port, on an address of its own.
    private var hostsAreApart: Bool {
        self.host != self.adminHost && ![self.host, self.adminHost].contains { ["", "0.0.0.0", "::"].contains($0) }
    }
}
