// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import CHiredis
package import NIOCore

/// Encodes commands as arrays of bulk strings, the only form in which Redis takes any bytes.
package enum RESPWriter {
    /// Appends a command.
    package static func write(_ command: RESPCommand, into output: inout ByteBuffer) {
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
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: RESPArgument.digits(of: count) + 3) { bytes in
            var cursor = RESPCursor(bytes)
            cursor.appendLine(UInt8(ascii: "*"), count)
            return cursor.count
        }
    }

    /// Appends arguments with their length lines.
    static func writeArguments(_ arguments: [RESPArgument], into output: inout ByteBuffer) {
        var total = 0
        for argument in arguments { total += argument.encodedCount }
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: total) { bytes in
            var cursor = RESPCursor(bytes)
            for argument in arguments { cursor.append(argument) }
            return cursor.count
        }
    }
}
