// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Shared

/// Why a file cannot be read or written: the path, and the system's error.
struct FileError: Error, CustomStringConvertible {
    let path: String
    /// What could not be done: `read`.
    let verb: String
    /// The system's words, or ours.
    let reason: String
    /// Whether there is no such file.
    var isMissing = false
    /// Whether the cause may be transient, in the system rather than the file.
    private(set) var mayPass = false

    /// What its reader can do about it, where that is not to look at permissions.
    var mend: String?

    /// The present `errno`.
    init(_ path: String, _ verb: String) {
        let code = errno
        self.path = path
        self.verb = verb
        self.reason = String(cString: strerror(code))
        self.isMissing = code == ENOENT
        self.mayPass = PassingFileError.isOne(code)
    }

    init(_ path: String, _ verb: String, _ reason: String) {
        self.path = path
        self.verb = verb
        self.reason = reason
    }

    var description: String { "\(self.path) cannot be \(self.verb): \(self.reason)" }
}

/// Reads whole files, within bounds.
enum FileBytes {
    /// A file's text.
    static func readText(_ path: String, limit: Int) throws(FileError) -> String {
        let bytes = try self.read(path, limit: limit)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw FileError(path, "read", "it is no text in UTF-8")
        }
        return text
    }

    private static func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
        // A pipe is not waited for.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw FileError(path, "read") }
        defer { close(file) }
        let bytes = try FileContent.bytes(limit: limit) { (chunk) throws(FileError) in
            while true {
                let count = Glibc.read(file, chunk.baseAddress, chunk.count)
                guard count < 0 else { return count }
                guard errno == EINTR else { throw FileError(path, "read") }
            }
        }
        guard let bytes else { throw FileError(path, "read", "it has more than \(limit) bytes") }
        return bytes
    }
}
