// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A lock that one process at a time has (flock(2)), on a file beside the one it is for. It ends with the process.
struct FileLock {
    /// How long another may have it.
    private static let patience = Duration.seconds(5)
    private static let pause = Duration.milliseconds(20)

    private let file: Int32

    /// Waits for the lock of a file.
    static func take(beside path: String) async throws(FileError) -> FileLock {
        let name = path + ".lock"
        let file = try Self.open(name, beside: path)
        let deadline = ContinuousClock.now + Self.patience
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, ContinuousClock.now < deadline else {
                let error =
                    errno == EWOULDBLOCK
                    ? FileError(path, "changed", "another command has been changing it for seconds; try again")
                    : FileError(name, "locked")
                close(file)
                throw error
            }
            try? await Task.sleep(for: Self.pause)
        }
        return FileLock(file: file)
    }

    /// Opens the lock's file, or makes it: with the owner and the group of the file that it is for, or of the folder where that
    /// one is still to be made, since a lock file with other permissions would lock out others who may change the file.
    ///
    /// The folder may be another user's, who must not have root open, or give away, what a link leads to.
    private static func open(_ name: String, beside path: String) throws(FileError) -> Int32 {
        let flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW
        let file = Glibc.open(name, flags | O_CREAT | O_EXCL, 0o600)
        guard file >= 0 else {
            let known = errno == EEXIST ? Glibc.open(name, flags) : -1
            guard known >= 0 else { throw FileError(name, "made") }
            return known
        }
        guard let owner = FileOwner(of: path) else { return file }
        do throws(FileError) {
            try owner.own(file)
        } catch {
            // At most a process that came this moment holds it, and anyone who may change the file recreates it.
            unlink(name)
            close(file)
            throw error
        }
        owner.permitLock(file)
        return file
    }

    /// Releases the lock. The file stays: removing it would separate waiting processes from new ones.
    func release() {
        close(self.file)
    }
}
