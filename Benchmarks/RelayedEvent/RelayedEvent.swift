// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Egress
internal import Glibc
internal import Ingress
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Shared
internal import SignedRequests

/// Relays signed events through one process of both tiers, one after the other, for an instruction counter to watch.
///
///     relayed-event COUNT
///
/// The server has one event loop on a thread of its own, named `NIO-ELT-0-#0`; the other side, on the main thread, is
/// two blocking sockets. An event is sent only when the one before has arrived and was acknowledged, so that every
/// event costs the same path, and two runs that differ in COUNT differ in nothing else.
@main
enum RelayedEvent {
    static func main() throws {
        guard CommandLine.arguments.count == 2, let count = Int(CommandLine.arguments[1]), count > 0 else {
            print("Usage: relayed-event COUNT")
            exit(64)
        }
        let secret = "relayed-event-secret"
        let requests = try SignedRequests(secret: secret, count: count)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        // No asynchronous main: valgrind does not survive what that does to the main thread.
        let server = try group.any().makeFutureWithTask { try await Self.serve(on: group) }.wait()
        guard let port = server.localAddress.port else { preconditionFailure("a TCP server has a port") }
        try Self.relay(requests, secret: secret, port: port)
        print("relayed \(count) events")
        // The process ends here: a drain would be counted too.
        exit(0)
    }

    private static func serve(on group: any EventLoopGroup) async throws -> HTTPServer {
        let broker = MemoryBroker()
        let state = NodeState()
        let logger = Logger(label: "relayed-event") { _ in SwiftLogNoOpLogHandler() }
        let ingress = Ingress(
            configuration: IngressConfiguration(),
            broker: broker,
            drainState: state,
            logger: logger
        )
        let egress = Egress(configuration: EgressConfiguration(), broker: broker, state: state, logger: logger)
        return try await HTTPServer.start(
            host: "127.0.0.1",
            port: 0,
            limits: HTTPLimits(),
            tls: nil,
            group: group
        ) { eventLoop in
            var router = Router()
            try ingress.addRoutes(to: &router, on: eventLoop)
            egress.addRoutes(to: &router, on: eventLoop)
            return router
        }
    }

    private static func relay(_ requests: SignedRequests, secret: String, port: Int) throws {
        let socket = try BlockingSocket(port: port)
        try socket.send(
            Array(
                ("GET /ws?secret=\(secret) HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").utf8
            )
        )
        try socket.receiveHead()
        let webhook = try BlockingSocket(port: port)
        for index in 0..<requests.count {
            try webhook.send(requests.request(index))
            try webhook.receiveHead(andBody: SignedRequests.acknowledgement.utf8.count)
            let message = try socket.receiveMessage(header: 4, length: SignedRequests.bodyLength)
            guard message.elementsEqual(requests.body(index)) else { throw Failure.wrongEvent }
        }
    }
}
