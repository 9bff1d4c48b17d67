// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Detects changed files without reading them: by inode, size and modification time. Symbolic links are followed, which
/// is how mounted secrets change.
public struct FileSignature: Equatable, Sendable {
    private struct Entry: Equatable {
        var device: UInt
        var inode: UInt
        var size: Int
        var written: Int64
        var changed: Int64
        /// Whether its file has no name left anywhere.
        var isOrphan: Bool
    }

    /// By path; nil for a missing file.
    private let entries: [String: Entry?]

    /// Stats the files now. Blocking.
    public init(_ paths: [String]) {
        var entries: [String: Entry?] = [:]
        for path in paths { entries[path] = .some(Self.entry(path)) }
        self.entries = entries
    }

    /// The files that are still at their paths, though their inodes have no name left (`st_nlink` is 0, inode(7)): each
    /// is a single-file mount whose source was replaced or removed. A replacement will never be visible there.
    public var orphans: [String] {
        self.entries.filter { $0.value?.isOrphan == true }.keys.sorted()
    }

    /// The signature of some of the files; nil where it has not all of them.
    func narrowed(to paths: [String]) -> FileSignature? {
        var entries: [String: Entry?] = [:]
        for path in paths {
            guard let entry = self.entries[path] else { return nil }
            entries[path] = .some(entry)
        }
        return FileSignature(entries: entries)
    }

    private init(entries: [String: Entry?]) {
        self.entries = entries
    }

    private static func entry(_ path: String) -> Entry? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        func nanoseconds(_ time: timespec) -> Int64 { Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec) }
        return Entry(
            device: UInt(status.st_dev),
            inode: UInt(status.st_ino),
            size: Int(status.st_size),
            written: nanoseconds(status.st_mtim),
            changed: nanoseconds(status.st_ctim),
            isOrphan: status.st_nlink == 0
        )
    }
}
