// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// What every route of the API needs: authentication, the store, and a log line for refused requests. The store writes
/// changes to the audit log. Confined to one event loop.
final class AdminDesk {
    /// How long an answer waits at most until the node knows what was changed.
    private static let longestSettling = Duration.seconds(2)
    private static let look = Duration.milliseconds(20)

    let store: any BotStore
    let registry: BotRegistry
    let eventLoop: any EventLoop
    let now: @Sendable () -> Int64
    private let gate: AdminGate
    private let logger: Logger

    init(
        gate: AdminGate,
        store: any BotStore,
        registry: BotRegistry,
        logger: Logger,
        now: @escaping @Sendable () -> Int64,
        eventLoop: any EventLoop
    ) {
        self.gate = gate
        self.store = store
        self.registry = registry
        self.logger = logger
        self.now = now
        self.eventLoop = eventLoop
    }

    /// The sender of a request, for the audit log.
    static func actor(of request: HTTPRequest) -> String {
        // Behind a trusted proxy the client's address; otherwise the peer's.
        switch request.clientAddress {
        case .known(let address): "api:\(address)"
        case .shared(let address): "api:\(address.map(\.description) ?? "unknown")"
        }
    }

    /// Lets a request in that has the token, and answers it with what `body` says.
    func answer(
        _ request: HTTPRequest,
        _ body: (HTTPRequest) throws(AdminRefusal) -> HTTPReply
    ) -> HTTPReply {
        self.answer(request, token: request.bearerToken.map { Secret($0) }, body)
    }

    /// The same with a token that stands elsewhere.
    func answer(
        _ request: HTTPRequest,
        token: Secret?,
        _ body: (HTTPRequest) throws(AdminRefusal) -> HTTPReply
    ) -> HTTPReply {
        do throws(AdminRefusal) {
            do throws(AdminRefusal) {
                try self.gate.check(token, now: .now())
            } catch {
                // For a flood, its first lines suffice.
                self.logger.log(
                    level: error == .tooManyFailures ? .debug : .notice,
                    "a request to the admin API was refused",
                    metadata: ["actor": "\(Self.actor(of: request))", "reason": "\(error.rawValue)"]
                )
                throw error
            }
            return try body(request)
        } catch {
            return .response(error.problem.response)
        }
    }

    /// The bot that a route's `{name}` names, which need not be there.
    static func name(of request: HTTPRequest) throws(AdminRefusal) -> BotName {
        guard let name = request.parameters["name"].flatMap({ BotName($0) }) else { throw .badName }
        return name
    }

    /// All bots as this node knows them.
    func directory() throws(AdminRefusal) -> BotDirectory {
        guard let directory = self.registry.directory else { throw .notReady }
        return directory
    }

    /// Changes a bot, and answers.
    ///
    /// - Parameters:
    ///   - failure: what to say where it could not be.
    ///   - answer: what to say of the bot as it is then; nil where it is gone.
    func change(
        _ name: BotName,
        _ action: BotAction,
        _ change: @escaping @Sendable (Bot?, BotDirectory) throws(BotStoreError) -> Bot?,
        failure: @escaping @Sendable (BotStoreError) -> HTTPResponse = { $0.problem.response },
        answer: @escaping @Sendable (Bot?) -> HTTPResponse
    ) -> HTTPReply {
        let (store, registry) = (self.store, self.registry)
        let promise = self.eventLoop.makePromise(of: HTTPReply.self)
        promise.completeWithTask {
            do throws(BotStoreError) {
                let changed = LatestBot()
                try await store.change(name, action) { (bot, directory) throws(BotStoreError) in
                    let bot = try change(bot, directory)
                    changed.bot = bot
                    return bot
                }
                await Self.settled(name, as: changed.bot, in: registry)
                return .response(answer(changed.bot))
            } catch {
                return .response(failure(error))
            }
        }
        return .eventually(promise.futureResult)
    }

    /// Returns when this node has loaded a change, so that its author sees it: the registry is polled about twice a
    /// second. The wait is short if another change came first or the registry is unreachable.
    private static func settled(_ name: BotName, as bot: Bot?, in registry: BotRegistry) async {
        let deadline = ContinuousClock.now + self.longestSettling
        while registry.directory?.bot(named: name) != bot, .now < deadline {
            do { try await Task.sleep(for: self.look) } catch { return }
        }
    }
}
