// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Why a log on disk cannot be opened. Each has a sentence that says which file and what to do.
public enum DiskBrokerError: Error, Hashable, Sendable {
    /// The directory cannot be created or written, with the system's reason.
    case unusable(directory: String, reason: String)
    /// Another process has the directory.
    case held(directory: String)
    /// The file is not what it was written as, and how that shows.
    case damaged(file: String, reason: String)
    /// The file is another program's database.
    case foreign(file: String)
    /// The file was written by a later version.
    case newer(file: String)
    /// The file cannot be read or written, and why.
    case failed(file: String, reason: String)
}

extension DiskBrokerError: CustomStringConvertible {
    /// A sentence for an operator.
    public var description: String {
        switch self {
        case .unusable(let directory, let reason):
            "The data directory \(directory) cannot be used: \(reason). Give --data a directory that this user may write "
                + "in, or one whose parent exists so that it can be made."
        case .held(let directory):
            "Another process keeps its log in \(directory). Stop it, or give --data a directory of this node's own."
        case .damaged(let file, let reason):
            "The log \(file) is damaged (\(reason)). To go on, move it and the files beside it that end with -wal and "
                + "-shm out of the directory, and put a copy in its place; without one the log begins empty, and what "
                + "it held is lost to the bots."
        case .foreign(let file):
            "The file \(file) is a database, but not one of Hookwire's. Move it away, or give --data another directory."
        case .newer(let file):
            "The log \(file) was written by a later version of Hookwire. Run that version or a later one, or give "
                + "--data another directory."
        case .failed(let file, let reason):
            "The log \(file) cannot be opened: \(reason). Check that its disk has room and that this user may write it."
        }
    }
}
