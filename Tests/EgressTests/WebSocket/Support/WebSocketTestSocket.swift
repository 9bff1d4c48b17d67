// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded

@testable import Egress

/// Keeps what a socket tells its owner.
final class RecordingOwner: WebSocketOwner {
    private(set) var messages: [WebSocketMessage] = []
    private(set) var endings: [SocketEndReason] = []
    private(set) var timesWritable = 0
    var onMessage: ((WebSocketMessage) -> Void)?
    var onEnd: ((SocketEndReason) -> Void)?

    func messageReceived(_ message: WebSocketMessage) {
        self.messages.append(message)
        self.onMessage?(message)
    }

    func ended(_ reason: SocketEndReason) {
        self.endings.append(reason)
        self.onEnd?(reason)
    }

    func becameWritable() {
        self.timesWritable += 1
    }
}

/// A `WebSocketHandler` in an embedded channel, as it is after the upgrade.
final class WebSocketTestSocket {
    let channel: EmbeddedChannel
    let handler: WebSocketHandler
    let owner = RecordingOwner()
    let output = HeldOutput()

    init(
        configuration: WebSocketConfiguration = WebSocketConfiguration(),
        discardsMessages: Bool = false
    ) throws {
        self.handler = WebSocketHandler(
            owner: self.owner,
            configuration: configuration,
            discardsMessages: discardsMessages
        )
        // As in a server the channel is active before the handler comes.
        self.channel = EmbeddedChannel(handler: self.output)
        try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try self.channel.pipeline.syncOperations.addHandler(self.handler)
    }

    deinit {
        // Not after its end: it would also run the timers that a test wants to find.
        if self.isConnected { _ = try? self.channel.finish(acceptAlreadyClosed: true) }
    }

    /// Sends every message back, as a client of the conformance tests expects.
    func echo() {
        self.owner.onMessage = { [unowned self] message in
            var frame = ByteBuffer()
            switch message {
            case .text(let payload): WebSocketFrameEncoder.appendFrame(.text, payload: payload, into: &frame)
            case .binary(let payload): WebSocketFrameEncoder.appendFrame(.binary, payload: payload, into: &frame)
            }
            _ = self.handler.send(frame)
        }
    }

    var isConnected: Bool { self.channel.isActive }

    /// The client's bytes come in one read. After the connection is gone they come to nothing.
    func receive(_ bytes: [UInt8]) throws {
        guard self.isConnected else { return }
        try self.channel.writeInbound(ByteBuffer(bytes: bytes))
    }

    func receive(_ frames: ClientFrame...) throws {
        try self.receive(frames.flatMap(\.bytes))
    }

    /// The frames that were sent since the last call.
    func sent() throws -> [ServerFrame] {
        var bytes: [UInt8] = []
        while let buffer = try self.channel.readOutbound(as: ByteBuffer.self) {
            bytes += buffer.readableBytesView
        }
        return try ServerFrame.read(bytes)
    }

    func advanceTime(by amount: TimeAmount) {
        self.channel.embeddedEventLoop.advanceTime(by: amount)
    }
}
