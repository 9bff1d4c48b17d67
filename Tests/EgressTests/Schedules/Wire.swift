// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
public import NIOEmbedded

@testable import Egress

/// The connection between a relay and a client: what the relay's system has taken, and what of it has arrived.
final class Wire: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Whether the relay's system says how far it is.
    let hasCounters: Bool
    /// Whether a proxy takes what was written, and acknowledges it, before it arrives.
    let isBehindProxy: Bool
    /// Whether the system takes nothing.
    private(set) var isHeld = false
    /// Whether the connection is broken: what the system had not taken then is nobody's.
    private var isCut = false
    private var inFlight = ByteBuffer()
    private var written: UInt64 = 0
    private var acknowledged: UInt64 = 0

    init(hasCounters: Bool, isBehindProxy: Bool) {
        self.hasCounters = hasCounters
        self.isBehindProxy = isBehindProxy
    }

    /// Whether all that the system took has arrived.
    var isEmpty: Bool { self.inFlight.readableBytes == 0 }

    /// The bytes that are under way.
    var length: Int { self.inFlight.readableBytes }

    func flush(context: ChannelHandlerContext) {
        guard !self.isHeld, !self.isCut else { return }
        context.flush()
        guard let channel = context.channel as? EmbeddedChannel else { return }
        while var buffer = try? channel.readOutbound(as: ByteBuffer.self) {
            self.written += UInt64(buffer.readableBytes)
            self.inFlight.writeBuffer(&buffer)
        }
    }

    /// From here the system takes nothing, for ever.
    func cut() {
        self.isCut = true
    }

    /// From here the system takes nothing, and the channel is not writable.
    func hold(_ channel: EmbeddedChannel) {
        self.isHeld = true
        channel.isWritable = false
        channel.pipeline.fireChannelWritabilityChanged()
    }

    /// The system takes what was held.
    func release(_ channel: EmbeddedChannel) {
        guard self.isHeld else { return }
        self.isHeld = false
        channel.flush()
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
    }

    /// Bytes arrive, and are acknowledged.
    func carry(_ count: Int) -> [UInt8] {
        let bytes = self.inFlight.readBytes(length: min(count, self.inFlight.readableBytes)) ?? []
        self.acknowledged += UInt64(bytes.count)
        return bytes
    }

    /// Where the system's structure has the counters (linux/tcp.h): `tcpi_bytes_acked` and `tcpi_bytes_sent`.
    fileprivate func fill(_ info: UnsafeMutableRawBufferPointer) {
        info.storeBytes(of: self.isBehindProxy ? self.written : self.acknowledged, toByteOffset: 120, as: UInt64.self)
        info.storeBytes(of: self.written, toByteOffset: 200, as: UInt64.self)
    }
}

/// A channel with a wire answers as a TCP connection does; others have no counters.
extension EmbeddedChannel: @retroactive SocketOptionProvider {
    private struct Unsupported: Error {}

    public func unsafeSetSocketOption<Value: Sendable>(
        level: NIOBSDSocket.OptionLevel,
        name: NIOBSDSocket.Option,
        value: Value
    ) -> EventLoopFuture<Void> {
        self.eventLoop.makeFailedFuture(Unsupported())
    }

    public func unsafeSetSocketOption<Value: Sendable>(
        level: SocketOptionLevel,
        name: SocketOptionName,
        value: Value
    ) -> EventLoopFuture<Void> {
        self.eventLoop.makeFailedFuture(Unsupported())
    }

    public func unsafeGetSocketOption<Value: Sendable>(
        level: SocketOptionLevel,
        name: SocketOptionName
    ) -> EventLoopFuture<Value> {
        self.eventLoop.makeFailedFuture(Unsupported())
    }

    public func unsafeGetSocketOption<Value: Sendable>(
        level: NIOBSDSocket.OptionLevel,
        name: NIOBSDSocket.Option
    ) -> EventLoopFuture<Value> {
        guard let wire = try? self.pipeline.syncOperations.handler(type: Wire.self), wire.hasCounters else {
            return self.eventLoop.makeFailedFuture(Unsupported())
        }
        var info = TCPInfo()
        withUnsafeMutableBytes(of: &info) { wire.fill($0) }
        guard let value = info as? Value else { return self.eventLoop.makeFailedFuture(Unsupported()) }
        return self.eventLoop.makeSucceededFuture(value)
    }
}
