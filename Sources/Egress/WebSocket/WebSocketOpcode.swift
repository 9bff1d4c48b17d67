// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A frame's opcode (RFC 6455 section 5.2). The other ten values are reserved and end a connection.
enum WebSocketOpcode: UInt8, Sendable {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA

    /// Control frames come between the fragments of a message, and are never fragmented themselves.
    var isControl: Bool { self.rawValue & 0x8 != 0 }
}
