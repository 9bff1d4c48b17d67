// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import NIOCore
internal import SystemPackage

/// Why a body was not edited.
struct BodyEditorError: Error, CustomStringConvertible {
    var description: String
}

/// Lets a person change an event's body in the editor of their choice.
enum BodyEditor {
    /// What the editor leaves of the body.
    static func edit(_ body: ByteBuffer) throws -> ByteBuffer {
        let folder = ProcessEnvironment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        var name = Array("\(folder)/hookwire-XXXXXX.json".utf8CString)
        // For its owner only: a body may be private.
        let descriptor = mkstemps(&name, 5)
        guard descriptor >= 0 else { throw BodyEditorError(description: "No file can be made in \(folder).") }
        let path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(path) }
        let file = SystemPackage.FileDescriptor(rawValue: descriptor)
        try file.closeAfter { _ = try file.writeAll(body.readableBytesView) }
        try self.run(path)
        return try self.read(path)
    }

    /// The bytes of a file, `-` for standard input.
    static func read(_ path: String) throws -> ByteBuffer {
        guard path != "-" else { return try self.read(SystemPackage.FileDescriptor.standardInput) }
        let file = try SystemPackage.FileDescriptor.open(FilePath(path), .readOnly)
        return try file.closeAfter { try self.read(file) }
    }

    private static func read(_ file: SystemPackage.FileDescriptor) throws -> ByteBuffer {
        var bytes = ByteBuffer()
        while try bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: 65_536, { try file.read(into: $0) }) > 0 {}
        return bytes
    }

    /// This process's environment without the bot's secret; the rest byte by byte, UTF-8 or not.
    private static func environment() -> [UnsafeMutablePointer<CChar>?] {
        var variables: [UnsafeMutablePointer<CChar>?] = []
        var next = environ
        while let variable = next.pointee {
            if strncmp(variable, "HOOKWIRE_SECRET=", 16) != 0 { variables.append(variable) }
            next += 1
        }
        return variables
    }

    private static func run(_ path: String) throws {
        let editor = ["VISUAL", "EDITOR"].lazy.compactMap { ProcessEnvironment[$0] }.first { !$0.isEmpty } ?? "vi"
        // As git does it: the variable may have flags.
        let words = ["sh", "-c", "\(editor) \"$@\"", editor, path]
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        // An editor, and what it starts, has no use for the secret.
        var environment = Self.environment() + [nil]
        var child = pid_t()
        guard posix_spawn(&child, "/bin/sh", nil, nil, &arguments, &environment) == 0 else {
            throw BodyEditorError(description: "The editor \(editor) cannot be started.")
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) == -1 && errno == EINTR {}
        guard status == 0 else {
            throw BodyEditorError(description: "The editor \(editor) ended with an error: nothing was sent.")
        }
    }
}
