// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import Shared
internal import Synchronization

/// Checks that each of several independent Redis has the same index in all nodes' lists: otherwise nodes would miss
/// each other's events, and nothing else would show it. A different Redis at an index is not detected. Any thread.
final class ServerOrder: Sendable {
    /// Where nodes write which place a Redis has in their list: `hw:{servers}:place`.
    static let key = "hw:{servers}:place"
    /// How often.
    private static let pause = TimeAmount.seconds(5)
    /// How long what a node wrote is there. A relay that was stopped for longer starts as a new one.
    private static let lifetime = TimeAmount.seconds(15)

    private let servers: [RedisNode]
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let machine: Mutex<ServerOrderStateMachine>
    private let task = Mutex<RepeatedTask?>(nil)
    /// The servers whose users may not write the key: they are not asked again.
    private let forbidden = Mutex<Set<Int>>([])

    init(servers: [RedisNode], eventLoop: any EventLoop, logger: Logger) {
        self.servers = servers
        self.eventLoop = eventLoop
        self.logger = logger
        self.machine = Mutex(ServerOrderStateMachine(count: servers.count, lifetime: Self.lifetime))
    }

    /// Begins to look.
    func start() {
        self.task.withLock { task in
            guard task == nil else { return }
            task = self.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: Self.pause) { [weak self] _ in
                self?.look()
            }
        }
    }

    func stop() {
        self.task.withLock { $0.take() }?.cancel()
    }

    private func look() {
        let forbidden = self.forbidden.withLock { $0 }
        for (index, server) in self.servers.enumerated() where !forbidden.contains(index) {
            let place = self.machine.withLock { $0.place(of: index) }
            let command = RESPCommand(
                "SET",
                .string(Self.key),
                .string(place),
                .string("PX"),
                .integer(Int(Self.lifetime.nanoseconds / 1_000_000)),
                .string("GET")
            )
            // An unreachable server is reported elsewhere.
            server.send(command, on: self.eventLoop) { result in
                if case .failure(let error as RedisError) = result, error.code == "NOPERM" { self.forbid(index) }
                guard case .success(let reply) = result else { return }
                server.stored(isEvent: false)
                let isNews = self.machine.withLock { $0.read(reply.string, at: index, now: .now()) }
                if isNews, let sentence = self.difference { self.logger.error("\(sentence)") }
            }
        }
    }

    /// Access lists of before the key was written with one Redis as well are no reason not to serve.
    private func forbid(_ index: Int) {
        guard self.forbidden.withLock({ $0.insert(index).inserted }) else { return }
        self.logger.warning(
            "whether all nodes have the same Redis is not looked at: the user in the URL may not write \(Self.key)",
            metadata: ["redis": "\(self.servers[index].name)"]
        )
    }

    /// The problem, as a sentence; nil if none is known.
    var difference: String? {
        guard let (index, place) = self.machine.withLock({ $0.difference(now: .now()) }) else { return nil }
        return
            "The Redis \(self.servers[index].name) is number \(index + 1) of \(self.servers.count) here and \(place) on "
            + "another node: all nodes must have the same list of Redis in the same order, each one once, or they miss each "
            + "other's events."
    }
}
