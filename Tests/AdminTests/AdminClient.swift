// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Shared
import Synchronization
import Testing

@testable import Admin

/// A listener's routes with a store in memory behind them, and what it logged.
struct AdminClient {
    static let token = "an admin's token of some length"
    static let now: Int64 = 1_700_000_000_000

    let store = MemoryBotStore()
    let broker: any Broker
    let presence: any PresenceStore
    let log = LogLines()
    private let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    private let routers: NIOLoopBoundBox<Router?>

    init(
        broker: any Broker = MemoryBroker(),
        presence: any PresenceStore = LocalPresenceStore()
    ) async throws {
        self.broker = broker
        self.presence = presence
        self.routers = .makeBoxSendingValue(nil, eventLoop: self.eventLoop)
        let admin = Admin(
            token: Secret(Self.token),
            store: self.store,
            registry: self.store.registry,
            broker: self.broker,
            presence: self.presence,
            now: { Self.now },
            logger: Logger(label: "test") { [log] _ in log }
        )
        let (eventLoop, routers) = (self.eventLoop, self.routers)
        try await eventLoop.submit {
            var router = Router()
            admin.addRoutes(to: &router, on: eventLoop)
            routers.value = router
        }.get()
    }

    struct Answer {
        var status: UInt
        var json: [String: Any]
        var text: String
    }

    func ask(
        _ method: HTTPMethod,
        _ path: String,
        _ body: String = "",
        token: String? = AdminClient.token
    ) async throws -> Answer {
        try await self.ask(method, path, ByteBuffer(string: body), token: token)
    }

    func ask(
        _ method: HTTPMethod,
        _ path: String,
        _ body: ByteBuffer,
        token: String? = AdminClient.token
    ) async throws -> Answer {
        let headers: HTTPHeaders = token.map { ["Authorization": "Bearer \($0)"] } ?? [:]
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: headers)
        let address = try SocketAddress(ipAddress: "192.0.2.7", port: 1)
        let request = try #require(
            HTTPRequest(head: head, body: body, remoteAddress: address)
        )
        let routers = self.routers
        let response = try await self.eventLoop.flatSubmit {
            guard let router = routers.value else { preconditionFailure("made in init") }
            return Self.resolve(router.respond(to: request), on: routers.eventLoop)
        }.get()
        let text = String(buffer: response.body)
        let json = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return Answer(status: response.status.code, json: json ?? [:], text: text)
    }

    private static func resolve(_ reply: HTTPReply, on eventLoop: any EventLoop) -> EventLoopFuture<HTTPResponse> {
        switch reply {
        case .response(let response): eventLoop.makeSucceededFuture(response)
        case .eventually(let future), .promptly(let future), .awaited(let future, _):
            future.flatMap { Self.resolve($0, on: eventLoop) }
        case .stream, .upgrade: eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
    }
}

/// What was logged, as text.
struct LogLines: LogHandler {
    private final class Lines: Sendable {
        let text = Mutex<[String]>([])
    }

    private let lines = Lines()
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    var all: [String] { self.lines.text.withLock { $0 } }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let metadata = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        self.lines.text.withLock { $0.append("\(event.message) " + metadata.joined(separator: " ")) }
    }
}
