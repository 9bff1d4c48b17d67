// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The beginning of a command that is sent over and over, encoded once: its name, its fixed arguments, and how many
/// follow.
package struct RESPCommandPrefix: Sendable {
    private let encoded: ByteBuffer
    private let following: Int

    /// - Parameters:
    ///   - name: the command's name.
    ///   - arguments: what is the same each time.
    ///   - following: how many arguments each command adds.
    package init(_ name: String, _ arguments: [RESPArgument], following: Int) {
        precondition(following >= 0, "a command cannot have \(following) more arguments")
        var encoded = ByteBuffer()
        RESPWriter.writeCount(arguments.count + 1 + following, into: &encoded)
        RESPWriter.writeArguments([.string(name)] + arguments, into: &encoded)
        self.encoded = encoded
        self.following = following
    }

    /// The command with these arguments at its end: exactly as many as `following` says.
    func command(_ arguments: RESPArgument...) -> RESPCommand {
        self.command(arguments)
    }

    /// The same, from an array.
    package func command(_ arguments: [RESPArgument]) -> RESPCommand {
        precondition(arguments.count == self.following, "\(self.following) arguments follow, not \(arguments.count)")
        var capacity = self.encoded.readableBytes
        for argument in arguments { capacity += argument.encodedCount }
        var bytes = ByteBufferAllocator().buffer(capacity: capacity)
        bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { bytes in
            var cursor = RESPCursor(bytes)
            cursor.appendBytes(of: .buffer(self.encoded))
            for argument in arguments { cursor.append(argument) }
            return cursor.count
        }
        return RESPCommand(encoded: bytes)
    }
}
