// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Room on the disk that is held by a file of nothing, and given up when the disk is full.
///
/// To remove events takes room too: SQLite writes ahead what it changes, and carries it over. On a disk without any, nothing
/// could be removed any more, however little may be retained.
struct DiskReserve: Sendable {
    let path: String
    let bytes: Int

    /// How much is reserved for a log limited to `limit` bytes: what SQLite may have to checkpoint before anything can
    /// be removed.
    static func bytes(limit: Int) -> Int { min(8 << 20, limit / 8) }

    /// Holds the room, if the disk has it.
    ///
    /// - Returns: whether it is held.
    func hold() -> Bool {
        let descriptor = open(self.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        // A file system that cannot promise room is written to, which holds it as well.
        guard posix_fallocate(descriptor, 0, off_t(self.bytes)) == 0 else {
            self.release()
            return false
        }
        return true
    }

    /// Gives it up.
    ///
    /// - Returns: whether it was held.
    @discardableResult
    func release() -> Bool {
        unlink(self.path) == 0
    }
}
