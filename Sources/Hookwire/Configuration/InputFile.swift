// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared
internal import SystemPackage

/// A file that a command's user names.
enum InputFile {
    /// The longest body of an event that is read from a file, in bytes.
    static let bodyLimit = 16 << 20

    /// It has more bytes than are read.
    struct TooLarge: Error, CustomStringConvertible {
        var limit: Int
        var description: String { "it has more than \(ByteCountText.format(self.limit))." }
    }

    /// Its bytes.
    ///
    /// - Parameters:
    ///   - name: `-` for standard input.
    ///   - limit: in bytes.
    static func read(_ name: String, limit: Int) throws -> [UInt8] {
        guard name != "-" else { return try self.bytes(.standardInput, limit: limit) }
        let file = try FileDescriptor.open(FilePath(name), .readOnly)
        return try file.closeAfter { try self.bytes(file, limit: limit) }
    }

    /// Whether there is no file of this name, as far as this user may know.
    static func isMissing(_ name: String) -> Bool {
        do {
            try FileDescriptor.open(FilePath(name), .readOnly).close()
            return false
        } catch Errno.noSuchFileOrDirectory {
            return true
        } catch {
            return false
        }
    }

    private static func bytes(_ file: FileDescriptor, limit: Int) throws -> [UInt8] {
        guard let bytes = try FileContent.bytes(limit: limit, { try file.read(into: $0) }) else {
            throw TooLarge(limit: limit)
        }
        return bytes
    }
}
