// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// The directory that one process keeps its log in: made where it is missing, and locked as long as this lives.
///
/// The lock is the system's (`flock`) on a file of its own, so that it ends with the process however that ends, and so
/// that nothing here opens the database beside SQLite, whose own locks would be lost with it.
final class DataDirectory: Sendable {
    private static let databaseName = "hookwire.sqlite"
    private static let lockName = "hookwire.lock"
    private static let reserveName = "hookwire.reserve"

    /// The database's path.
    let file: String
    /// The path of the file that holds room for nothing.
    let reserve: String
    private let lock: CInt
    private let inode: UInt64

    /// Takes a directory.
    init(path: String) throws(DiskBrokerError) {
        let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw Self.unusable(path) }
        self.file = "\(path)/\(Self.databaseName)"
        self.reserve = "\(path)/\(Self.reserveName)"
        let lock = open("\(path)/\(Self.lockName)", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw Self.unusable(path) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let isHeld = errno == EWOULDBLOCK
            let error = Self.unusable(path)
            close(lock)
            throw isHeld ? .held(directory: path) : error
        }
        do throws(DiskBrokerError) {
            try Self.makePrivate(self.file, in: path)
        } catch {
            close(lock)
            throw error
        }
        self.lock = lock
        self.inode = Self.inode(of: self.file) ?? 0
    }

    deinit {
        close(self.lock)
    }

    /// Lets others have the directory, once the database is closed.
    func release() {
        flock(self.lock, LOCK_UN)
    }

    /// Whether the database's name still leads to the file that was opened: what is written to a file that was removed
    /// ends with the process.
    var isIntact: Bool { Self.inode(of: self.file) == self.inode }

    /// How many bytes the database and what SQLite has beside it take.
    var bytes: Int {
        ["", "-wal", "-shm"].reduce(0) { bytes, suffix in
            var status = stat()
            return stat(self.file + suffix, &status) == 0 ? bytes + Int(status.st_size) : bytes
        }
    }

    /// How many bytes their disk has free; nil if unknown.
    var free: Int? {
        var status = statvfs()
        guard statvfs(self.file, &status) == 0 else { return nil }
        return Self.bytes(blocks: UInt64(status.f_bavail), of: UInt64(status.f_frsize))
    }

    /// How many bytes the log may use on its disk, including those in use; nil if unknown.
    var room: Int? { self.free.map { Self.sum($0, self.bytes) } }

    /// A file system's size. A network one may report the largest number, or more.
    static func bytes(blocks: UInt64, of size: UInt64) -> Int {
        let (bytes, isTooMuch) = blocks.multipliedReportingOverflow(by: size)
        return isTooMuch ? .max : Int(clamping: bytes)
    }

    /// The sum of two sizes, or the largest number.
    static func sum(_ first: Int, _ second: Int) -> Int {
        let (sum, isTooMuch) = first.addingReportingOverflow(second)
        return isTooMuch ? .max : sum
    }

    /// Makes the database for its owner alone; SQLite gives the files beside it the same permissions.
    private static func makePrivate(_ file: String, in directory: String) throws(DiskBrokerError) {
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .failed(file: file, reason: Self.reason) }
        // Another owner's file, in a volume that is shared with a group, keeps what it has.
        _ = fchmod(descriptor, 0o600)
        close(descriptor)
        // The name, too, must outlive a loss of power.
        let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw Self.unusable(directory) }
        fsync(folder)
        close(folder)
    }

    private static func inode(of file: String) -> UInt64? {
        var status = stat()
        return stat(file, &status) == 0 ? UInt64(status.st_ino) : nil
    }

    private static func unusable(_ directory: String) -> DiskBrokerError {
        .unusable(directory: directory, reason: self.reason)
    }

    /// The text of the last system error.
    private static var reason: String { String(cString: strerror(errno)) }
}
