// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import Logging
public import NIOCore
public import Shared
internal import Synchronization

/// The registered bots in Redis, encrypted with the operator's key, for all nodes of it. Any thread.
///
/// Each node keeps all of them in memory and polls Redis for changes every 400 ms; while Redis is unreachable, it uses
/// what it has. Changes use optimistic concurrency: one is applied only if there was no other since the read, and
/// retried otherwise.
public final class RedisBotStore: BotStore {
    /// How often changes are looked for.
    private static let pause = Duration.milliseconds(400)
    /// The same where the node has another key than the bots.
    private static let longPause = Duration.seconds(10)
    /// How often a change is tried where others are faster.
    private static let attempts = 32
    /// How long a command waits for a connection.
    private static let patience = Duration.seconds(5)
    /// How many bots there may be, names of removed ones, and about how many entries of the audit.
    public static let botLimit = 10_000
    private static let removedLimit = 10_000
    private static let auditLimit = 10_000
    /// How many of the last versions have a mark: a node that is further behind reads all bots.
    private static let markLimit = 1_000

    private let client: RedisClient
    private let scripts: RedisScripts
    private let eventLoop: any EventLoop
    private let seal: RegistrySeal
    private let audit: AuditLog
    private let logger: Logger
    private let notice: @Sendable (String) -> Void
    /// How the Redis is shown to people.
    private let name: String
    private let mirror: Mutex<RegistryMirror>

    /// A store over connections owned by someone else.
    ///
    /// - Parameter notice: called with a notice, a sentence, for an operator who changes a bot.
    init(
        client: RedisClient,
        name: String,
        key: RegistryEncryptionKey,
        eventLoop: any EventLoop,
        audit: AuditLog,
        logger: Logger,
        notice: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.client = client
        self.scripts = RedisScripts(client: client)
        self.eventLoop = eventLoop
        self.name = name
        self.seal = RegistrySeal(key)
        self.audit = audit
        self.logger = logger
        self.notice = notice
        self.mirror = Mutex(RegistryMirror(self.seal))
    }

    /// A store with a connection of its own, which it begins to make; ended by `shutdown`.
    ///
    /// - Throws: `RedisConfigurationError` where a file that the deployment names cannot be used.
    public convenience init(
        _ deployment: RedisDeployment,
        key: RegistryEncryptionKey,
        group: any EventLoopGroup,
        logger: Logger,
        notice: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(RedisConfigurationError) {
        self.init(
            // Of independent ones, the first has the bots.
            configuration: try deployment.configurations()[0],
            key: key,
            group: group,
            logger: logger,
            notice: notice
        )
    }

    /// The same for one Redis.
    public convenience init(
        configuration: RedisConfiguration,
        key: RegistryEncryptionKey,
        group: any EventLoopGroup,
        audit: AuditLog = AuditLog(),
        logger: Logger,
        notice: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        let client = RedisClient(configurations: [configuration], group: group, logger: logger)
        client.start()
        self.init(
            client: client,
            name: configuration.name,
            key: key,
            eventLoop: group.next(),
            audit: audit,
            logger: logger,
            notice: notice
        )
    }

    /// Closes the connections, where they are its own.
    public func shutdown() async {
        await self.client.shutdown()
    }

    // MARK: Reading

    public func bots() async throws(BotStoreError) -> [Bot] {
        try await self.readableBots().bots
    }

    /// The bots that can be read, in order of their names, and a sentence for each that cannot.
    public func readableBots() async throws(BotStoreError) -> (bots: [Bot], faults: [String]) {
        let mirror = try await self.refresh()
        let bots = mirror.bots.values.filter { mirror.unreadable[$0.name] == nil }
        return (bots.sorted { $0.name < $1.name }, mirror.faults)
    }

    /// Reads what changed and returns all that is known then.
    private func refresh() async throws(BotStoreError) -> RegistryMirror {
        try await self.follow()
        return self.mirror.withLock { $0 }
    }

    /// Reads what changed.
    private func follow(waits: Bool = true) async throws(BotStoreError) {
        // Where another has read meanwhile, there is more known to ask with.
        while try await self.ask(waits: waits) == .overtaken {}
    }

    private func ask(waits: Bool) async throws(BotStoreError) -> RegistryMirror.Outcome {
        let position = self.mirror.withLock { $0.position }
        let reply = try await self.run(.readRegistry, waits: waits) { name, script in
            RESPCommand(
                name,
                .string(script),
                .integer(4),
                .string(RegistryRedisKeys.bots),
                .string(RegistryRedisKeys.changes),
                .string(RegistryRedisKeys.head),
                .string(RegistryRedisKeys.marks),
                .string(position.epoch),
                .integer(position.version),
                .string(position.mark)
            )
        }
        guard let page = RegistryPage(reply) else { throw self.foreign() }
        let outcome: RegistryMirror.Outcome
        do {
            outcome = try self.mirror.withLock { mirror throws(CryptoError) in try mirror.apply(page, asked: position) }
        } catch {
            throw BotStoreError(.unreadable, "The bots cannot be decrypted: \(error).")
        }
        switch outcome {
        case .same, .changed, .overtaken: return outcome
        case .restored:
            self.logger.warning(
                """
                the registered bots in Redis were put back to an earlier state, and are taken over as they are there: what \
                was registered, changed or revoked since is to be done again
                """
            )
            return outcome
        case .vanished:
            throw BotStoreError(
                .unreadable,
                "Redis at \(self.name) has lost the registered bots that are known here, which stay. Restore its data; what "
                    + "is registered anew there replaces them all."
            )
        case .wrongKey:
            throw BotStoreError(
                .wrongKey,
                "The bots in Redis at \(self.name) were encrypted with another key. Give HOOKWIRE_REGISTRY_KEY the one that "
                    + "they were registered with."
            )
        }
    }

    public func follow(into registry: BotRegistry) async {
        var trouble: BotStoreError?
        var renewal = RegistryRenewal()
        while !Task.isCancelled {
            do throws(BotStoreError) {
                try await self.follow(waits: false)
                if trouble != nil { self.logger.notice("the registered bots can be read again") }
                trouble = nil
            } catch {
                // A connection that is just being made is no news.
                if error.description != trouble?.description, error.reason != .unavailable {
                    self.logger.error("the registered bots cannot be read: \(error)")
                }
                trouble = error
            }
            renewal.renew(registry, with: self.mirror.withLock { $0 }, logger: self.logger)
            registry.report(trouble ?? renewal.fault)
            // With the wrong key nothing is loaded, and each poll reads all bots again.
            try? await Task.sleep(for: trouble?.reason == .wrongKey ? Self.longPause : Self.pause)
        }
    }

    // MARK: Changing

    public func change(
        _ name: BotName,
        _ action: BotAction,
        _ change: @Sendable (Bot?, BotDirectory) throws(BotStoreError) -> Bot?
    ) async throws(BotStoreError) {
        var known = RegistryDirectory()
        try await self.change(name, action, beside: &known, change)
    }

    /// Adds one of many bots, no two of which share a name, secret, app id or channel.
    ///
    /// - Parameter known: the same instance for all of them, new for the first.
    public func add(
        _ bot: Bot,
        _ action: BotAction,
        beside known: inout RegistryDirectory
    ) async throws(BotStoreError) {
        try await self.change(bot.name, action, beside: &known, BotChange.add(bot))
    }

    private func change(
        _ name: BotName,
        _ action: BotAction,
        beside known: inout RegistryDirectory,
        _ change: @Sendable (Bot?, BotDirectory) throws(BotStoreError) -> Bot?
    ) async throws(BotStoreError) {
        do throws(BotStoreError) {
            try await self.write(name, action, beside: &known, change)
        } catch {
            self.audit.record(action, on: name, error: error)
            throw error
        }
        self.audit.record(action, on: name)
    }

    private func write(
        _ name: BotName,
        _ action: BotAction,
        beside known: inout RegistryDirectory,
        _ change: @Sendable (Bot?, BotDirectory) throws(BotStoreError) -> Bot?
    ) async throws(BotStoreError) {
        for attempt in 0..<Self.attempts {
            let mirror = try await self.refresh()
            let new: Bot?
            if let reason = mirror.unreadable[name] {
                new = try Self.replacement(name, action, reason, mirror, change)
            } else {
                let old = mirror.bots[name]
                new = try change(old, known.directory(of: mirror))
                guard new != old else { return }
            }
            let mark = Hex.encode(SecureRandom.bytes(8))
            switch try await self.put(new, name: name, action, at: mirror.position, mark: mark) {
            case 0: try? await Task.sleep(for: .milliseconds(Int.random(in: 1...(5 + 5 * attempt))))
            case -1:
                throw BotStoreError(.tooMany, "There are \(Self.botLimit) bots, and more are not kept; remove some.")
            case let version:
                let position = RegistryPosition(epoch: mirror.position.epoch, version: version, mark: mark)
                known.added(from: mirror.position, to: position)
                if mirror.position.epoch.isEmpty {
                    self.notice(
                        "There was no registry in this Redis; a new one was begun, and nodes that knew another drop its bots."
                    )
                }
                for (other, reason) in mirror.unreadable.sorted(by: { $0.key < $1.key }) where other != name {
                    self.notice("warning: " + RegistryMirror.fault(of: other, reason))
                }
                return
            }
        }
        throw BotStoreError(.conflict, "Others change the registry all the time; try again.")
    }

    /// The replacement for an unreadable record: nothing, or the bot itself.
    private static func replacement(
        _ name: BotName,
        _ action: BotAction,
        _ reason: String,
        _ mirror: RegistryMirror,
        _ change: @Sendable (Bot?, BotDirectory) throws(BotStoreError) -> Bot?
    ) throws(BotStoreError) -> Bot? {
        switch action.kind {
        case .remove: return nil
        case .add, .import: return try change(nil, BotDirectory(mirror.bots.values.filter { $0.name != name }))
        default: throw BotStoreError(.unreadable, RegistryMirror.fault(of: name, reason))
        }
    }

    /// - Parameter mark: the mark that the change leaves in Redis.
    /// - Returns: what `RedisScript.changeRegistry` does.
    private func put(
        _ bot: Bot?,
        name: BotName,
        _ action: BotAction,
        at position: RegistryPosition,
        mark: String
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
                    .string(script), .integer(5),
                    .string(RegistryRedisKeys.bots), .string(RegistryRedisKeys.changes),
                    .string(RegistryRedisKeys.head),
                    .string(RegistryRedisKeys.marks), .string(RegistryRedisKeys.audit),
                    .string(position.epoch), .integer(position.version), .string(fresh), .bytes(check),
                    .string(name.text),
                    .bytes(sealed),
                    .integer(Self.botLimit), .integer(Self.removedLimit), .integer(Self.auditLimit),
                    .string(action.kind.rawValue), .string(action.actor), .string(action.subject ?? ""),
                    .string(position.mark), .string(mark), .integer(Self.markLimit),
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
            .string(RegistryRedisKeys.audit),
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
        try await self.waiting(waits) {
            try await self.scripts.run(script, at: RegistryRedisKeys.place, on: self.eventLoop, command: command).get()
        }
    }

    private func send(_ command: RESPCommand) async throws(BotStoreError) -> RESPValue {
        try await self.waiting(true) {
            try await self.client.send(command, at: RegistryRedisKeys.place, on: self.eventLoop).get()
        }
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
                throw BotStoreError(.unavailable, "Redis at \(self.name) refuses the registry. \(error).")
            } catch {
                throw BotStoreError(.unavailable, self.unreachable())
            }
        }
    }

    private func unreachable() -> String {
        guard case .unavailable(let sentence) = self.client.commandHealth(at: RegistryRedisKeys.place) else {
            return "Redis at \(self.name) did not answer in time; check its load and the network."
        }
        return sentence
    }

    private func foreign() -> BotStoreError {
        BotStoreError(.unreadable, "What is in Redis at \(self.name) under hw:{registry} is no registry of bots.")
    }
}
