// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BotFile
internal import Glibc
internal import Logging
internal import NIOPosix
internal import RedisBroker
internal import Shared
internal import SystemPackage

/// The store of a command, for as long as it runs.
struct OpenBotStore: Sendable {
    /// Which of the two it is.
    enum Kind: Sendable {
        case file(BotFileStore)
        case redis(RedisBotStore)
    }

    let kind: Kind

    var store: any BotStore {
        switch kind {
        case .file(let file): file
        case .redis(let redis): redis
        }
    }

    /// The bots that can be read, in order of their names, and a sentence for each that cannot.
    func readableBots() async throws(BotStoreError) -> (bots: [Bot], faults: [String]) {
        switch self.kind {
        case .file(let file): (try await file.bots().sorted { $0.name < $1.name }, [])
        case .redis(let redis): try await redis.readableBots()
        }
    }

    /// Opens the store, does the work, and closes it. Refusals of the registry are printed on standard error, with exit
    /// code 1, or 2 if the store is unreachable.
    static func with(
        _ options: BotStoreOptions,
        _ body: @Sendable (OpenBotStore) async throws -> Void
    ) async throws {
        self.log(options.level)
        let open = try self.open(try await options.reader())
        do {
            try await body(open)
            await open.close()
        } catch {
            await open.close()
            guard let error = error as? BotStoreError else { throw error }
            self.complain(error.description)
            throw ExitCode(error.reason == .unavailable ? 2 : 1)
        }
    }

    /// Says a sentence on standard error.
    static func complain(_ sentence: String) {
        _ = try? FileDescriptor.standardError.writeAll("\(sentence)\n".utf8)
    }

    /// The actor of a command's changes: the system user that runs it.
    static var actor: String {
        let user = geteuid()
        let name = getpwuid(user).flatMap { $0.pointee.pw_name }.map { String(cString: $0) }
        return "cli:\(name ?? "\(user)")"
    }

    private func close() async {
        if case .redis(let redis) = self.kind { await redis.shutdown() }
    }

    private static func log(_ level: Logger.Level?) {
        LoggingSystem.bootstrap { label in
            guard let level else { return SwiftLogNoOpLogHandler() }
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
    }

    private static func open(_ reader: SettingsReader) throws -> OpenBotStore {
        do {
            let redisURL = try reader.value(.redisURL("redis-url"))
            guard let source = try RegistrySource(reader, redisURL: redisURL) else {
                throw ValidationError(
                    redisURL == nil
                        ? "Nothing says where the bots are: \(RegistrySource.mend)."
                        : "HOOKWIRE_REGISTRY_KEY is missing: without a key Redis keeps no secrets. Give 64 hexadecimal "
                            + "digits, such as openssl rand -hex 32 prints, the same to all nodes; or --bots a YAML file."
                )
            }
            let logger = Logger(label: "hookwire.bots")
            switch source {
            case .file(let path):
                return OpenBotStore(kind: .file(BotFileStore(path: path, logger: logger) { self.complain($0) }))
            case .redis(let deployment, let key):
                let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
                return OpenBotStore(
                    kind: .redis(
                        try RedisBotStore(deployment, key: key, group: group, logger: logger) { self.complain($0) }
                    )
                )
            }
        } catch let error as SettingsError {
            throw ValidationError(error.message)
        } catch let error as RedisConfigurationError {
            throw ValidationError(error.description)
        }
    }
}
