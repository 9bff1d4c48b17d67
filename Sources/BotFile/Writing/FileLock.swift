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

    /// Opens the lock's file, or makes it: with the owner of the file that it is for, or of the folder where that one is still
    /// to be made, since what root makes for itself locks out who may change the file.
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
        var status = stat()
        if stat(path, &status) == 0 || stat(AtomicFile.split(path).folder, &status) == 0 {
            // Only root can give a file away; else it stays this user's.
            _ = fchown(file, status.st_uid, status.st_gid)
        }
        return file
    }

    /// Lets the lock go. The file stays: who removed it would part those who wait for it from those who come.
    func release() {
        close(self.file)
    }
}
