// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// One argument of a command. A string literal is one.
enum RESPArgument: Sendable {
    case string(String)
    case bytes([UInt8])
    case buffer(ByteBuffer)
    /// Two buffers, one after the other, as one argument: a header and a body need not be copied together first.
    case joined(ByteBuffer, ByteBuffer)
    /// A number, in decimal digits.
    case integer(Int)
    /// A password. It shows in no description.
    case secret(Secret)
}

extension RESPArgument: ExpressibleByStringLiteral {
    init(stringLiteral text: String) {
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
        case .secret(let secret): secret.utf8Count
        }
    }

    /// Appends its bytes, and nothing else.
    func write(into output: inout ByteBuffer) {
        switch self {
        case .string(let text): output.writeString(text)
        case .bytes(let bytes): output.writeBytes(bytes)
        case .buffer(let buffer): output.writeImmutableBuffer(buffer)
        case .joined(let first, let second):
            output.writeImmutableBuffer(first)
            output.writeImmutableBuffer(second)
        case .integer(let number): RESPWriter.writeDecimal(number, into: &output)
        case .secret(let secret): _ = secret.exposeUTF8 { output.writeBytes($0) }
        }
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
