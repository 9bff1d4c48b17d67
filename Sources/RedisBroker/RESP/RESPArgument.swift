// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import Shared

/// One argument of a command. A string literal is one.
package enum RESPArgument: Sendable {
    case string(String)
    case bytes([UInt8])
    case buffer(ByteBuffer)
    /// Two buffers, one after the other, as one argument: a header and a body need not be copied together first.
    case joined(ByteBuffer, ByteBuffer)
    /// A number, in decimal digits.
    case integer(Int)
    /// A number, in sixteen lower-case hexadecimal digits.
    case hexadecimal(UInt64)
    /// A password. It shows in no description.
    case secret(Secret)
}

extension RESPArgument: ExpressibleByStringLiteral {
    package init(stringLiteral text: String) {
        self = .string(text)
    }
}

extension RESPArgument {
    /// Its length in bytes.
    var count: Int {
        switch self {
        case .string(let text): text.utf8.count
        case .bytes(let bytes): bytes.count
        case .buffer(let buffer): buffer.readableBytes
        case .joined(let first, let second): first.readableBytes + second.readableBytes
        case .integer(let number): Self.digits(of: number)
        case .hexadecimal: 16
        case .secret(let secret): secret.utf8Count
        }
    }

    /// Its length on the wire, with its length line and its line end.
    var encodedCount: Int {
        let count = self.count
        return 1 + Self.digits(of: count) + 2 + count + 2
    }

    /// How many bytes a number takes in decimal, its sign included.
    static func digits(of number: Int) -> Int {
        var rest = number.magnitude
        var digits = number < 0 ? 2 : 1
        while rest >= 10 {
            rest /= 10
            digits += 1
        }
        return digits
    }
}
