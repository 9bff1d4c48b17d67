// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import Testing

@testable import Egress

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@Suite struct WebSocketMemoryTests {
    /// What the allocator set aside for an object.
    private func heapSize(_ object: AnyObject) throws -> Int {
        typealias UsableSize = @convention(c) (UnsafeMutableRawPointer) -> Int
        // The C library has it, but Swift's module of the C library does not.
        let symbol = try #require(dlsym(nil, "malloc_usable_size"))
        return unsafeBitCast(symbol, to: UsableSize.self)(Unmanaged.passUnretained(object).toOpaque())
    }

    /// An idle socket's own state is one object of less than 160 bytes. What it takes while a message comes in or a
    /// pong goes out is given back.
    @Test func anIdleSocketIsOneSmallObject() throws {
        let socket = try WebSocketTestSocket()
        print(
            "handler: a heap block of \(try self.heapSize(socket.handler)) bytes,",
            "parser \(MemoryLayout<WebSocketFrameParser>.size)",
            "machine \(MemoryLayout<WebSocketStateMachine>.size)"
        )
        #expect(try self.heapSize(socket.handler) <= 160)

        try socket.receive(.text("a", isFinal: false), .ping("p"), .continuation("b", isFinal: true))
        try socket.receive(.binary([1, 2]), .pong("x"))
        #expect(self.buffers(of: socket.handler) == 0)
        try socket.receive(.text("a", isFinal: false))
        #expect(self.buffers(of: socket.handler) == 1)

        // A closing socket keeps nothing of what its peer still sends.
        socket.handler.close(reason: .drain)
        #expect(self.buffers(of: socket.handler) == 0)
        try socket.receive(.continuation("b", isFinal: false))
        #expect(self.buffers(of: socket.handler) == 0)
    }

    /// How many buffers the handler and its state hold.
    private func buffers(of value: Any) -> Int {
        Mirror(reflecting: value).children.reduce(0) { count, child in
            switch child.value {
            case is ByteBuffer: count + 1
            case is ChannelHandlerContext, is any WebSocketOwner, is WebSocketClosingHandshake: count
            default: count + self.buffers(of: child.value)
            }
        }
    }
}
