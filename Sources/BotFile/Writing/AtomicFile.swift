// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A file that is replaced as a whole: who reads it finds the former or the new one, after a crash too.
struct AtomicFile {
    /// Where it really is: behind symbolic links, so that they stay.
    let path: String

    init(_ path: String) throws(FileError) {
        if let resolved = realpath(path, nil) {
            defer { free(resolved) }
            self.path = String(cString: resolved)
        } else if errno == ENOENT {
            var status = stat()
            // Replacing a symbolic link would leave its target unchanged.
            guard lstat(path, &status) != 0 else {
                throw FileError(path, "found", "it is a link to a file that is not there; make that one first")
            }
            self.path = path
        } else {
            throw FileError(path, "found")
        }
    }

    /// Its text; nil where it is not there.
    func read(limit: Int) throws(FileError) -> String? {
        do throws(FileError) {
            return try FileBytes.readText(self.path, limit: limit)
        } catch {
            if error.isMissing { return nil }
            throw error
        }
    }

    /// Puts another text in its place. Its permissions stay; a new file may only its owner read.
    func replace(with text: String) throws(FileError) {
        try self.write(text, to: self.path)
    }

    /// Keeps a text beside it, as `FILE~`.
    func keep(_ text: String) throws(FileError) {
        try self.write(text, to: self.path + "~")
    }

    private func write(_ text: String, to path: String) throws(FileError) {
        let (folder, name) = Self.split(path)
        let temporary = "\(folder)/.\(name).\(getpid())"
        // A leftover of a dead process with this id may be removed: the writer holds the lock.
        unlink(temporary)
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw FileError(temporary, "made") }
        do throws(FileError) {
            defer { close(file) }
            // What root makes for itself, the node of another user cannot read.
            let owner = FileOwner(of: self.path)
            try owner?.own(file)
            guard owner?.permit(file) != false else { throw FileError(temporary, "written") }
            try Self.write(text, to: file, path: temporary)
            guard fsync(file) == 0 else { throw FileError(temporary, "written") }
            guard rename(temporary, path) == 0 else { throw Self.unreplaceable(path) }
        } catch {
            unlink(temporary)
            throw error
        }
        // The name is on the disk when its folder is.
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if directory >= 0 {
            fsync(directory)
            close(directory)
        }
    }

    /// Why nothing can be put in a file's place, by the present `errno`.
    private static func unreplaceable(_ path: String) -> FileError {
        let isMount = errno == EBUSY
        var error = FileError(path, "replaced")
        if isMount { error.mend = "it is mounted by itself: mount its folder, or change it where it comes from" }
        return error
    }

    private static func write(_ text: String, to file: Int32, path: String) throws(FileError) {
        let bytes = Array(text.utf8)
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw FileError(path, "written")
            }
            offset += count
        }
    }

    /// A path's folder, `.` where it names none, and the name in it.
    static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let folder = path[..<slash]
        return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
    }
}
