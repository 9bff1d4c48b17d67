// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import CHiredis
internal import NIOCore

/// Encodes commands as arrays of bulk strings, the only form in which Redis takes any bytes.
enum RESPWriter {
    /// Appends a command.
    static func write(_ command: RESPCommand, into output: inout ByteBuffer) {
        switch command.form {
        case .encoded(let bytes): output.writeImmutableBuffer(bytes)
        case .arguments(let bytes, let lengths): self.format(bytes, lengths: lengths, into: &output)
        }
    }

    private static func format(_ arguments: ByteBuffer, lengths: [Int], into output: inout ByteBuffer) {
        // hiredis 0.14 adds the lengths up in an `int`.
        precondition(arguments.readableBytes <= 512 << 20, "a command is longer than Redis takes")
        arguments.withUnsafeReadableBytes { bytes in
            var pointers: [UnsafePointer<CChar>?] = []
            pointers.reserveCapacity(lengths.count)
            var next = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            for length in lengths {
                pointers.append(next)
                next = next?.advanced(by: length)
            }
            var formatted: UnsafeMutablePointer<CChar>?
            let count = redisFormatCommandArgv(&formatted, Int32(lengths.count), &pointers, lengths)
            guard count >= 0, let formatted else { preconditionFailure("out of memory") }
            output.writeBytes(UnsafeRawBufferPointer(start: formatted, count: Int(count)))
            redisFreeCommand(formatted)
        }
    }

    // MARK: By hand, for what is encoded once and sent often

    /// Appends the line that says how many arguments a command has.
    static func writeCount(_ count: Int, into output: inout ByteBuffer) {
        output.writeInteger(UInt8(ascii: "*"))
        self.writeDecimal(count, into: &output)
        output.writeInteger(UInt16(0x0D0A))
    }

    /// Appends an argument with its length line.
    static func writeArgument(_ argument: RESPArgument, into output: inout ByteBuffer) {
        output.writeInteger(UInt8(ascii: "$"))
        self.writeDecimal(argument.count, into: &output)
        output.writeInteger(UInt16(0x0D0A))
        argument.write(into: &output)
        output.writeInteger(UInt16(0x0D0A))
    }

    /// Appends a number in decimal, without making a string of it.
    static func writeDecimal(_ number: Int, into output: inout ByteBuffer) {
        let count = RESPArgument.digits(of: number)
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
            var rest = number.magnitude
            var index = count
            repeat {
                index -= 1
                bytes[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            if number < 0 { bytes[0] = UInt8(ascii: "-") }
            return count
        }
    }
}
