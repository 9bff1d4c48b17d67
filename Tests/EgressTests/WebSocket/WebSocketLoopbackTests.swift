// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Testing

@testable import Egress

/// What only a kernel shows: resets, full socket buffers and half-closed connections, over loopback.
@Suite struct WebSocketLoopbackTests {
    /// Runs a script on the socket when a message comes, and tells what became of it.
    private final class ScriptedOwner: WebSocketOwner {
        let script: (WebSocketHandler) -> Void
        let endings: AsyncStream<SocketEndReason>.Continuation
        weak var handler: WebSocketHandler?

        init(
            endings: AsyncStream<SocketEndReason>.Continuation,
            script: @escaping (WebSocketHandler) -> Void
        ) {
            self.endings = endings
            self.script = script
        }

        func messageReceived(_ message: WebSocketMessage) {
            if let handler { self.script(handler) }
        }

        func ended(_ reason: SocketEndReason) {
            self.endings.yield(reason)
            self.endings.finish()
        }
    }

    private typealias Client = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// Connects a raw client to a server whose owner runs `script` for each message.
    ///
    /// - Returns: what `body` did, and the reasons that the owner was told.
    private func withClient<Result: Sendable>(
        allowsHalfClosure: Bool,
        script: @escaping @Sendable (WebSocketHandler) -> Void = { _ in },
        _ body:
            @escaping @Sendable (
                _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
                _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
            ) async throws -> Result
    ) async throws -> (Result, [SocketEndReason]) {
        let (stream, continuation) = AsyncStream.makeStream(of: SocketEndReason.self)
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelOption(.allowRemoteHalfClosure, value: allowsHalfClosure)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let owner = ScriptedOwner(endings: continuation, script: script)
                    // Eight megabytes may take their time where every core is at other tests.
                    let configuration = WebSocketConfiguration(closeTimeout: .minutes(2))
                    let handler = WebSocketHandler(owner: owner, configuration: configuration)
                    owner.handler = handler
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        let client = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            // A client that goes on writing after the server has finished.
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture { try Client(wrappingChannelSynchronously: channel) }
            }
        let result = try await client.executeThenClose { try await body($0, $1) }
        var endings: [SocketEndReason] = []
        for await ending in stream { endings.append(ending) }
        try await server.close()
        return (result, endings)
    }

    private static func read(_ inbound: NIOAsyncChannelInboundStream<ByteBuffer>) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await buffer in inbound { bytes += buffer.readableBytesView }
        return bytes
    }

    /// A client that breaks a rule and goes on sending gets the close frame and an orderly end, not a reset: the
    /// sentence that says what it did wrong arrives.
    @Test(arguments: [true, false]) func aViolationIsExplainedNotReset(allowsHalfClosure: Bool) async throws {
        let (bytes, endings) = try await self.withClient(allowsHalfClosure: allowsHalfClosure) { inbound, outbound in
            let tooBig = ClientFrame(opcode: 0x2, announcedLength: 8_000_000)
            try await outbound.write(ByteBuffer(bytes: tooBig.bytes))
            for _ in 0..<80 { try await outbound.write(ByteBuffer(repeating: 0x55, count: 100_000)) }
            return try await Self.read(inbound)
        }
        let frames = try ServerFrame.read(bytes)
        #expect(frames.map(\.closeCode) == [1009])
        #expect(frames.first?.text == WebSocketViolation.messageTooBig.explanation)
        #expect(endings == [.messageTooBig])
    }

    /// A slow consumer that wakes up in time gets every frame that was accepted, and then the reason.
    @Test func aSlowConsumerGetsWhatWasAccepted() async throws {
        let (accepted, counts) = AsyncStream.makeStream(of: Int.self)
        let (bytes, endings) = try await self.withClient(allowsHalfClosure: true) { handler in
            var count = 0
            var frame = ByteBuffer()
            let payload = ByteBuffer(repeating: 0x61, count: 60_000)
            WebSocketFrameEncoder.appendFrame(.text, payload: payload, into: &frame)
            while handler.send(frame) == .accepted { count += 1 }
            counts.yield(count)
            counts.finish()
        } _: { inbound, outbound in
            try await outbound.write(ByteBuffer(bytes: ClientFrame.text("go").bytes))
            // Not read before the server has given up.
            var count = 0
            for await number in accepted { count = number }
            var bytes: [UInt8] = []
            let expected = count * 60_004
            for try await buffer in inbound {
                bytes += buffer.readableBytesView
                if bytes.count > expected { break }
            }
            try await outbound.write(ByteBuffer(bytes: ClientFrame.close(code: 1013).bytes))
            return bytes
        }
        let frames = try ServerFrame.read(bytes)
        #expect(frames.count > 17, "a queue of 1 MiB takes 17 such frames, and the kernel takes some too")
        #expect(frames.dropLast().allSatisfy { $0.opcode == 0x1 && $0.payload.count == 60_000 })
        #expect(frames.last?.closeCode == 1013)
        #expect(endings == [.slowConsumer])
    }

    /// The closing handshake as a browser does it: the server closes the connection first.
    @Test(arguments: [true, false]) func theServerClosesTheConnection(allowsHalfClosure: Bool) async throws {
        let (bytes, endings) = try await self.withClient(allowsHalfClosure: allowsHalfClosure) { inbound, outbound in
            try await outbound.write(
                ByteBuffer(bytes: ClientFrame.ping("p").bytes + ClientFrame.close(code: 1000).bytes)
            )
            return try await Self.read(inbound)
        }
        let frames = try ServerFrame.read(bytes)
        #expect(frames.first == .pong("p"))
        #expect(frames.last?.closeCode == 1000)
        #expect(endings == [.clientClosed])
    }

    /// A client that goes with no close frame, between two frames or within one, is lost, and its connection is not
    /// kept.
    @Test(arguments: [true, false]) func aClientThatGoesIsLost(allowsHalfClosure: Bool) async throws {
        for bytes in [[], Array(ClientFrame.text("cut").bytes.dropLast())] {
            let (_, endings) = try await self.withClient(allowsHalfClosure: allowsHalfClosure) { _, outbound in
                try await outbound.write(ByteBuffer(bytes: bytes))
                outbound.finish()
            }
            #expect(endings == [.connectionLost])
        }
    }
}
