// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import Logging
public import NIOCore
public import Shared
internal import Synchronization

/// The registered bots in Redis, encrypted with the operator's key, for all nodes of it. Any thread.
///
/// Each node keeps all of them in memory and asks Redis, every 400 ms, for what changed since; while Redis is away, it goes
/// on with what it knows. A change is made where nobody else has made one since it was read, and tried again otherwise.
public final class RedisBotStore: BotStore {
    /// How often changes are looked for.
    private static let pause = Duration.milliseconds(400)
    /// How often a change is tried where others are faster.
    private static let attempts = 32
    /// How long a command waits for a connection.
    private static let patience = Duration.seconds(5)
    /// How many bots there may be, names of removed ones, and about how many entries of the audit.
    public static let botLimit = 10_000
    private static let removedLimit = 10_000
    private static let auditLimit = 10_000

    private let client: RedisClient
    private let scripts: RedisScripts
    private let eventLoop: any EventLoop
    private let seal: RegistrySeal
    private let audit: AuditLog
    private let logger: Logger
    /// How the Redis is shown to people.
    private let url: RedisURL
    private let mirror: Mutex<RegistryMirror>

    /// A store over connections that somebody else keeps up.
    init(
        client: RedisClient,
        url: RedisURL,
        key: RegistryKey,
        eventLoop: any EventLoop,
        audit: AuditLog,
        logger: Logger
    ) {
        self.client = client
        self.scripts = RedisScripts(client: client)
        self.eventLoop = eventLoop
        self.url = url
        self.seal = RegistrySeal(key)
        self.audit = audit
        self.logger = logger
        self.mirror = Mutex(RegistryMirror(self.seal))
    }

    /// A store with a connection of its own, which it begins to make; ended by `shutdown`.
    public convenience init(
        configuration: RedisConfiguration,
        key: RegistryKey,
        group: any EventLoopGroup,
        audit: AuditLog = AuditLog(),
        logger: Logger
    ) {
        let client = RedisClient(configuration: configuration, group: group, logger: logger)
        client.start()
        self.init(
            client: client,
            url: configuration.url,
            key: key,
            eventLoop: group.next(),
            audit: audit,
            logger: logger
        )
    }

    /// Closes the connections, where they are its own.
    public func shutdown() async {
        await self.client.shutdown()
    }

    // MARK: Reading

    public func bots() async throws(BotStoreError) -> [Bot] {
        let bots = try await self.refresh()
        return bots.values.sorted { $0.name < $1.name }
    }

    /// Reads what changed and returns all bots.
    private func refresh() async throws(BotStoreError) -> [BotName: Bot] {
        _ = try await self.follow()
        return try self.mirror.withLock { mirror throws(BotStoreError) in
            if let (name, reason) = mirror.unreadable.min(by: { $0.key < $1.key }) {
                throw BotStoreError(.unreadable, "The bot \(name) in Redis cannot be read: \(reason).")
            }
            return mirror.bots
        }
    }

    /// Reads what changed.
    private func follow(waits: Bool = true) async throws(BotStoreError) -> RegistryMirror.Outcome {
        let (epoch, version) = self.mirror.withLock { ($0.isRead ? $0.epoch : "", $0.isRead ? $0.version : 0) }
        let reply = try await self.run(.readRegistry, waits: waits) { name, script in
            RESPCommand(
                name,
                .string(script),
                .integer(3),
                .string(RegistryKeys.bots),
                .string(RegistryKeys.changes),
                .string(RegistryKeys.head),
                .string(epoch),
                .integer(version)
            )
        }
        guard let page = RegistryPage(reply) else { throw self.foreign() }
        let outcome: RegistryMirror.Outcome
        do {
            outcome = try self.mirror.withLock { mirror throws(CryptoError) in try mirror.apply(page) }
        } catch {
            throw BotStoreError(.unreadable, "The bots cannot be decrypted: \(error).")
        }
        switch outcome {
        case .same, .changed: return outcome
        case .vanished:
            throw BotStoreError(
                .unreadable,
                "Redis at \(self.url) has lost the registered bots that are known here, which stay. Restore its data; what "
                    + "is registered anew there replaces them all."
            )
        case .wrongKey:
            throw BotStoreError(
                .wrongKey,
                "The bots in Redis at \(self.url) were encrypted with another key. Give HOOKWIRE_REGISTRY_KEY the one that "
                    + "they were registered with."
            )
        }
    }

    public func follow(into registry: BotRegistry) async {
        var trouble: BotStoreError?
        while !Task.isCancelled {
            do throws(BotStoreError) {
                let outcome = try await self.follow(waits: false)
                if outcome == .changed || registry.directory == nil { self.renew(registry) }
                if trouble != nil { self.logger.notice("the registered bots can be read again") }
                (trouble, registry.trouble) = (nil, nil)
            } catch {
                // A connection that is just being made is no news.
                if error.description != trouble?.description, error.reason != .unavailable {
                    self.logger.error("the registered bots cannot be read: \(error)")
                }
                (trouble, registry.trouble) = (error, error.description)
            }
            try? await Task.sleep(for: Self.pause)
        }
    }

    private func renew(_ registry: BotRegistry) {
        let (bots, unreadable) = self.mirror.withLock { ($0.bots, $0.unreadable) }
        let directory = BotDirectory(bots.values)
        for conflict in directory.conflicts {
            self.logger.error(
                "a bot is left out, for another has the same \(conflict.subject.rawValue)",
                metadata: ["bot": "\(conflict.bot)", "other": "\(conflict.holder)"]
            )
        }
        for (name, reason) in unreadable {
            self.logger.error("a bot cannot be read: \(reason)", metadata: ["bot": "\(name)"])
        }
        registry.renew(directory)
        self.logger.debug("the registered bots were read", metadata: ["bots": "\(bots.count)"])
    }

    // MARK: Changing

    public func change(
        _ name: BotName,
        _ action: BotAction,
        _ change: @Sendable (Bot?, BotDirectory) throws(BotStoreError) -> Bot?
    ) async throws(BotStoreError) {
        do throws(BotStoreError) {
            try await self.write(name, action, change)
        } catch {
            self.audit.record(action, on: name, error: error)
            throw error
        }
        self.audit.record(action, on: name)
    }

    private func write(
        _ name: BotName,
        _ action: BotAction,
        _ change: @Sendable (Bot?, BotDirectory) throws(BotStoreError) -> Bot?
    ) async throws(BotStoreError) {
        for attempt in 0..<Self.attempts {
            let bots = try await self.refresh()
            let (epoch, version) = self.mirror.withLock { ($0.epoch, $0.version) }
            let old = bots[name]
            let new = try change(old, BotDirectory(bots.values))
            guard new != old else { return }
            switch try await self.put(new, name: name, action, epoch: epoch, version: version) {
            case 0: try? await Task.sleep(for: .milliseconds(Int.random(in: 1...(5 + 5 * attempt))))
            case -1:
                throw BotStoreError(.tooMany, "There are \(Self.botLimit) bots, and more are not kept; remove some.")
            default: return
            }
        }
        throw BotStoreError(.conflict, "Others change the registry all the time; try again.")
    }

    /// - Returns: what `RedisScript.changeRegistry` does.
    private func put(
        _ bot: Bot?,
        name: BotName,
        _ action: BotAction,
        epoch: String,
        version: Int
    ) async throws(BotStoreError) -> Int {
        let fresh = Hex.encode(SecureRandom.bytes(8))
        let (sealed, check): ([UInt8], [UInt8])
        do {
            sealed = try bot.map { bot throws(CryptoError) in try self.seal.seal(bot) } ?? []
            check = try self.seal.check(epoch: fresh)
        } catch {
            throw BotStoreError(.unavailable, "The bot cannot be encrypted: \(error).")
        }
        let reply = try await self.run(.changeRegistry) { command, script in
            RESPCommand(
                command,
                [
                    .string(script), .integer(4),
                    .string(RegistryKeys.bots), .string(RegistryKeys.changes), .string(RegistryKeys.head),
                    .string(RegistryKeys.audit),
                    .string(epoch), .integer(version), .string(fresh), .bytes(check), .string(name.text),
                    .bytes(sealed),
                    .integer(Self.botLimit), .integer(Self.removedLimit), .integer(Self.auditLimit),
                    .string(action.kind.rawValue), .string(action.actor), .string(action.subject ?? ""),
                ]
            )
        }
        guard case .integer(let result) = reply else { throw self.foreign() }
        return result
    }

    // MARK: Audit

    /// What operators did last, the latest first.
    public func audit(limit: Int) async throws(BotStoreError) -> [AuditEntry] {
        let command = RESPCommand(
            "XREVRANGE",
            .string(RegistryKeys.audit),
            .string("+"),
            .string("-"),
            .string("COUNT"),
            .integer(limit)
        )
        guard case .array(let entries) = try await self.send(command) else { throw self.foreign() }
        return entries.compactMap { AuditEntry($0) }
    }

    // MARK: Redis

    private func run(
        _ script: RedisScript,
        waits: Bool = true,
        command: @escaping @Sendable (_ name: String, _ script: String) -> RESPCommand
    ) async throws(BotStoreError) -> RESPValue {
        try await self.waiting(waits) { try await self.scripts.run(script, on: self.eventLoop, command: command).get() }
    }

    private func send(_ command: RESPCommand) async throws(BotStoreError) -> RESPValue {
        try await self.waiting(true) { try await self.client.send(command, on: self.eventLoop).get() }
    }

    /// Does it again while there is no connection, for as long as a person waits.
    private func waiting(
        _ waits: Bool,
        _ body: () async throws -> RESPValue
    ) async throws(BotStoreError) -> RESPValue {
        let deadline = ContinuousClock.now + (waits ? Self.patience : .zero)
        while true {
            do {
                return try await body()
            } catch BrokerError.unavailable where ContinuousClock.now < deadline && !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(20))
            } catch let error as RedisError {
                throw BotStoreError(.unavailable, "Redis at \(self.url) refuses the registry. \(error).")
            } catch {
                throw BotStoreError(.unavailable, self.unreachable())
            }
        }
    }

    private func unreachable() -> String {
        guard case .unavailable(let sentence) = self.client.commandHealth else {
            return "Redis at \(self.url) did not answer in time; check its load and the network."
        }
        return sentence
    }

    private func foreign() -> BotStoreError {
        BotStoreError(.unreadable, "What is in Redis at \(self.url) under hw:{registry} is no registry of bots.")
    }
}
