// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// A command to Redis, with its arguments.
///
/// An ordinary one is formatted by hiredis when it is sent. A hot one is made from a `RESPCommandPrefix` and is encoded
/// when it is made, on the caller's thread.
package struct RESPCommand: Sendable {
    enum Form {
        /// The arguments one after the other, and the length of each.
        case arguments(ByteBuffer, lengths: [Int])
        /// What goes on the wire.
        case encoded(ByteBuffer)
    }

    let form: Form
    /// How many bytes it has at least on the wire; what the bound of a connection's queue counts.
    let byteCount: Int
    /// Whether it waits for its reply as long as bytes arrive: for a reply that may be large, and would be requested
    /// again.
    private(set) var isPatient = false

    /// - Parameters:
    ///   - name: such as `EVALSHA` or `CLIENT`; a subcommand is an argument.
    ///   - arguments: all that follows, at most 512 MiB together.
    init(_ name: String, _ arguments: RESPArgument...) {
        self.init(name, arguments)
    }

    /// The same, from an array.
    init(_ name: String, _ arguments: [RESPArgument]) {
        var lengths = [name.utf8.count]
        lengths.reserveCapacity(arguments.count + 1)
        for argument in arguments { lengths.append(argument.count) }
        let capacity = lengths.reduce(0, +)
        var bytes = ByteBufferAllocator().buffer(capacity: capacity)
        bytes.writeString(name)
        bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity - name.utf8.count) { bytes in
            var cursor = RESPCursor(bytes)
            for argument in arguments { cursor.appendBytes(of: argument) }
            return cursor.count
        }
        self.byteCount = bytes.readableBytes
        self.form = .arguments(bytes, lengths: lengths)
    }

    /// A command from its bytes on the wire.
    init(encoded bytes: ByteBuffer) {
        self.byteCount = bytes.readableBytes
        self.form = .encoded(bytes)
    }

    /// The same, and its reply is waited for as long as bytes come.
    var patient: RESPCommand {
        var command = self
        command.isPatient = true
        return command
    }
}

extension RESPCommand: CustomStringConvertible {
    /// The size only: arguments may be secrets.
    package var description: String { "a command of \(self.byteCount) bytes" }
}
