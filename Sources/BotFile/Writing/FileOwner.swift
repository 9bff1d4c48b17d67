// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// The owner and group of a file, to be preserved when it is rewritten or its lock is created.
struct FileOwner {
    private let path: String
    private let status: stat
    /// Whether it is the file's own; else that of the folder in which it is to be made.
    private let isFile: Bool

    /// The owner of a file, or of its folder where it is not there yet; nil where neither is known.
    init?(of path: String) {
        var status = stat()
        self.path = path
        self.isFile = stat(path, &status) == 0
        guard self.isFile || stat(AtomicFile.split(path).folder, &status) == 0 else { return nil }
        self.status = status
    }

    /// Gives a file that was just made the owner and the group. Only root can give a file away; who cannot leaves it at least
    /// to the group, whose members may change it as before.
    ///
    /// - Throws: if users of the file would be locked out.
    func own(_ file: Int32) throws(FileError) {
        if fchown(file, self.status.st_uid, self.status.st_gid) == 0 { return }
        if fchown(file, uid_t.max, self.status.st_gid) == 0 { return }
        // A new file is this user's, and so is one of which no group has anything.
        guard self.isFile, self.status.st_uid != geteuid() || self.status.st_mode & 0o070 != 0 else { return }
        var error = FileError(
            self.path,
            "changed",
            "it belongs to \(Self.name(ofUser: self.status.st_uid)) and \(Self.name(ofGroup: self.status.st_gid)), and "
                + "written anew it could not be left to either"
        )
        error.mend = "run the command as that user, as a member of that group, or as root"
        throw error
    }

    /// Gives a file that was just made the permissions; what is new may only its owner use.
    func permit(_ file: Int32) -> Bool { !self.isFile || fchmod(file, self.status.st_mode & 0o777) == 0 }

    /// Lets the file's group take a lock that was just created.
    func permitLock(_ file: Int32) {
        guard self.isFile, self.status.st_mode & 0o060 != 0 else { return }
        _ = fchmod(file, 0o660)
    }

    private static func name(ofUser id: uid_t) -> String {
        var (entry, found) = (passwd(), nil as UnsafeMutablePointer<passwd>?)
        var text = [CChar](repeating: 0, count: 16 << 10)
        guard getpwuid_r(id, &entry, &text, text.count, &found) == 0, found != nil else { return "the user \(id)" }
        return "the user \(String(cString: entry.pw_name))"
    }

    private static func name(ofGroup id: gid_t) -> String {
        var (entry, found) = (group(), nil as UnsafeMutablePointer<group>?)
        var text = [CChar](repeating: 0, count: 16 << 10)
        guard getgrgid_r(id, &entry, &text, text.count, &found) == 0, found != nil else { return "the group \(id)" }
        return "the group \(String(cString: entry.gr_name))"
    }
}
