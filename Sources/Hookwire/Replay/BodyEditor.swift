// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import NIOCore
internal import Synchronization
internal import SystemPackage

/// Why a body was not edited.
struct BodyEditorError: Error, CustomStringConvertible {
    var description: String
}

/// Lets a person change an event's body in the editor of their choice.
enum BodyEditor {
    /// What the editor leaves of the body.
    static func edit(_ body: ByteBuffer) throws -> ByteBuffer {
        let path = try self.write(body)
        defer { unlink(path) }
        try self.removing(path) { try self.run(path) }
        return try self.read(path)
    }

    /// Writes a body into a file of its own, which stays.
    ///
    /// - Returns: its path.
    static func write(_ body: ByteBuffer) throws -> String {
        let folder = ProcessEnvironment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        var name = Array("\(folder)/hookwire-XXXXXX.json".utf8CString)
        // For its owner only: a body may be private.
        let descriptor = mkstemps(&name, 5)
        guard descriptor >= 0 else { throw BodyEditorError(description: "No file can be made in \(folder).") }
        let path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let file = SystemPackage.FileDescriptor(rawValue: descriptor)
        do {
            try file.closeAfter { _ = try file.writeAll(body.readableBytesView) }
        } catch {
            unlink(path)
            throw BodyEditorError(description: "The body cannot be written into \(folder): \(error).")
        }
        return path
    }

    // MARK: Signals

    /// Where the path lies of the file that goes when a signal ends the process: an address, or 0 for none. A handler
    /// may only look at what no lock guards.
    private static let leftover = Atomic<UInt>(0)

    /// The signals that end this process, and nothing else in the terminal.
    private static let endings = [SIGTERM, SIGHUP]

    /// Does something during which a signal that ends the process removes a file.
    private static func removing(_ path: String, _ body: () throws -> Void) rethrows {
        // Copied, for what a string lends is gone behind the call; and never freed, for a handler may be reading it yet.
        // Stored before there is a handler, which so finds it initialised.
        self.leftover.store(UInt(bitPattern: strdup(path)), ordering: .sequentiallyConsistent)
        let former = self.endings.map { signal($0, SIG_IGN) }
        defer {
            for (ending, handler) in zip(self.endings, former) { signal(ending, handler) }
            self.leftover.store(0, ordering: .sequentiallyConsistent)
        }
        // A signal that was ignored stays so: nohup.
        for (ending, handler) in zip(self.endings, former) where !self.isIgnored(handler) {
            signal(ending, self.removeAndEnd)
        }
        try body()
    }

    private static func isIgnored(_ handler: sighandler_t?) -> Bool {
        unsafeBitCast(handler, to: UInt.self) == unsafeBitCast(SIG_IGN, to: UInt.self)
    }

    /// Calls only what a handler may call (signal-safety(7)).
    private static let removeAndEnd: @convention(c) (Int32) -> Void = { number in
        if let name = UnsafePointer<CChar>(bitPattern: BodyEditor.leftover.load(ordering: .sequentiallyConsistent)) {
            unlink(name)
        }
        signal(number, SIG_DFL)
        raise(number)
    }

    // MARK: Files

    /// The bytes of a file, `-` for standard input.
    static func read(_ path: String) throws -> ByteBuffer {
        do {
            return ByteBuffer(bytes: try InputFile.read(path, limit: InputFile.bodyLimit))
        } catch {
            throw BodyEditorError(description: "Cannot read \(path): \(error)")
        }
    }

    /// What an editor, and what it starts, has no use for.
    private static let secretVariables = [
        "HOOKWIRE_SECRET=", "HOOKWIRE_TOKEN=", "HOOKWIRE_REGISTRY_KEY=", "HOOKWIRE_ADMIN_TOKEN=", "HOOKWIRE_REDIS_URL=",
        "HOOKWIRE_OTLP_HEADERS=",
    ]

    /// This process's environment without its secrets; the rest byte by byte, UTF-8 or not.
    private static func environment() -> [UnsafeMutablePointer<CChar>?] {
        var variables: [UnsafeMutablePointer<CChar>?] = []
        var next = environ
        while let variable = next.pointee {
            let isSecret = Self.secretVariables.contains { strncmp(variable, $0, $0.utf8.count) == 0 }
            if !isSecret { variables.append(variable) }
            next += 1
        }
        return variables
    }

    /// The signals of keys that a terminal sends to all that run in it.
    private static let keys = [SIGINT, SIGQUIT]

    private static func run(_ path: String) throws {
        let editor = ["VISUAL", "EDITOR"].lazy.compactMap { ProcessEnvironment[$0] }.first { !$0.isEmpty } ?? "vi"
        // As git does it: the variable may have flags.
        let words = ["sh", "-c", "\(editor) \"$@\"", editor, path]
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var environment = Self.environment() + [nil]
        // Ctrl-C is the editor's while it is open, and this process has a file to remove behind it.
        let former = Self.keys.map { signal($0, SIG_IGN) }
        defer { for (key, handler) in zip(Self.keys, former) { signal(key, handler) } }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        // The last is ignored by all of this program, and would be by the editor.
        for key in Self.keys + [SIGPIPE] { sigaddset(&defaults, key) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var child = pid_t()
        guard posix_spawn(&child, "/bin/sh", nil, &attributes, &arguments, &environment) == 0 else {
            throw BodyEditorError(description: "The editor \(editor) cannot be started.")
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) == -1 && errno == EINTR {}
        guard status == 0 else {
            throw BodyEditorError(description: "The editor \(editor) ended with an error: nothing was sent.")
        }
    }
}
