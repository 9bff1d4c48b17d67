// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import NIOHTTP1
import Shared
import Testing

@testable import Egress

@Suite struct ObservationHandlerTests {
    private final class Subscription: ObservationSubscription {
        func cancel() {}
    }

    /// Who does not read what it was sent is not waited for without end; who reads on, is.
    @Test(arguments: [(false, 61), (true, 600)])
    func endsForThoseWhoDoNotRead(reads: Bool, seconds: Int) throws {
        let channel = EmbeddedChannel()
        let registry = BotRegistry()
        registry.renew(.empty)
        let authenticator = ClientAuthenticator(access: Access(mode: .open, registry: registry), now: { 0 })
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/inspector/notes?secret=s")
        let request = try #require(HTTPRequest(head: head, body: ByteBuffer(), remoteAddress: nil))
        let handler = ObservationHandler(
            mailbox: ObservationMailbox(eventLoop: channel.embeddedEventLoop),
            subscription: Subscription(),
            watch: ObservationHandler.Watch(
                authenticator: authenticator,
                visitor: try authenticator.admit(request, for: .receive),
                state: NodeState()
            )
        )
        try channel.pipeline.syncOperations.addHandler(handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        for second in 0..<seconds {
            // A slow one reads now and then.
            channel.isWritable = reads && second.isMultiple(of: 30)
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        }
        #expect(channel.isActive == reads)
        _ = try? channel.finish()
    }
}
