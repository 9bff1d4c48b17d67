// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Writes into memory that has been measured before: one step a piece, without the bookkeeping of a buffer.
struct RESPCursor {
    private let bytes: UnsafeMutableRawBufferPointer
    /// How many bytes have been written.
    private(set) var count = 0

    /// - Parameter bytes: room enough for all that will be appended; whatever has no room traps.
    init(_ bytes: UnsafeMutableRawBufferPointer) {
        self.bytes = bytes
    }

    /// Appends an argument with its length line.
    mutating func append(_ argument: RESPArgument) {
        self.appendLine(UInt8(ascii: "$"), argument.count)
        self.appendBytes(of: argument)
        self.appendLineEnd()
    }

    /// Appends a type byte, a number and a line end.
    mutating func appendLine(_ type: UInt8, _ number: Int) {
        self.append(type)
        self.appendDecimal(number)
        self.appendLineEnd()
    }

    /// Appends the bytes of an argument, and nothing else.
    mutating func appendBytes(of argument: RESPArgument) {
        switch argument {
        case .string(var text): text.withUTF8 { self.append(UnsafeRawBufferPointer($0)) }
        case .bytes(let bytes): bytes.withUnsafeBytes { self.append($0) }
        case .buffer(let buffer): buffer.withUnsafeReadableBytes { self.append($0) }
        case .joined(let first, let second):
            first.withUnsafeReadableBytes { self.append($0) }
            second.withUnsafeReadableBytes { self.append($0) }
        case .integer(let number): self.appendDecimal(number)
        case .hexadecimal(let number): self.appendHexadecimal(number)
        case .secret(let secret): secret.exposeUTF8 { self.append($0) }
        }
    }

    /// Appends a number in decimal digits.
    mutating func appendDecimal(_ number: Int) {
        let digits = RESPArgument.digits(of: number)
        self.requireRoom(digits)
        var rest = number.magnitude
        var index = self.count + digits
        repeat {
            index -= 1
            self.bytes[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        if number < 0 { self.bytes[self.count] = UInt8(ascii: "-") }
        self.count += digits
    }

    /// Appends a number in sixteen hexadecimal digits.
    private mutating func appendHexadecimal(_ number: UInt64) {
        self.requireRoom(16)
        for place in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: number >> UInt64(60 - 4 * place)) & 0x0F
            self.bytes[self.count + place] = digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
        }
        self.count += 16
    }

    private mutating func appendLineEnd() {
        self.append(UInt8(ascii: "\r"))
        self.append(UInt8(ascii: "\n"))
    }

    private mutating func append(_ byte: UInt8) {
        self.requireRoom(1)
        self.bytes[self.count] = byte
        self.count += 1
    }

    private mutating func append(_ source: UnsafeRawBufferPointer) {
        guard !source.isEmpty else { return }
        self.requireRoom(source.count)
        UnsafeMutableRawBufferPointer(rebasing: self.bytes[self.count...]).copyMemory(from: source)
        self.count += source.count
    }

    private func requireRoom(_ count: Int) {
        precondition(count <= self.bytes.count - self.count, "an argument is longer than it was measured")
    }
}
