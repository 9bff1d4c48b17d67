// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB

/// Why SQLite could not do its work. The raw value is also a metric label and a log key.
enum DiskFailure: String, CaseIterable {
    /// The disk has no room, or the database has reached its own bound.
    case full
    /// The system refused to read or write.
    case io
    /// The file may not be written.
    case readOnly = "read_only"
    /// Another process has locked the database for too long.
    case locked
    /// The file is not what it was written as.
    case damaged
    /// The file is not where it was any more.
    case removed
    /// The system does not come back from reading or writing.
    case hung
    /// Anything else; a fault of ours, most likely.
    case other

    init(_ error: any Error) {
        switch (error as? DatabaseError)?.resultCode {
        case .SQLITE_FULL?: self = .full
        case .SQLITE_IOERR?, .SQLITE_CANTOPEN?, .SQLITE_NOMEM?: self = .io
        case .SQLITE_READONLY?, .SQLITE_PERM?, .SQLITE_AUTH?: self = .readOnly
        case .SQLITE_BUSY?, .SQLITE_LOCKED?, .SQLITE_PROTOCOL?: self = .locked
        case .SQLITE_CORRUPT?, .SQLITE_NOTADB?: self = .damaged
        default: self = .other
        }
    }

    /// Whether trying again does not help as long as the process lives.
    var isLasting: Bool { self == .damaged || self == .removed }

    /// Why nothing can be stored, for an operator.
    func sentence(file: String) -> String {
        switch self {
        case .full: "The disk that holds \(file) is full; make room on it, or start the node with a lower --data-limit."
        case .io: "\(file) cannot be read or written; check its disk, its quota and the limit of file sizes."
        case .readOnly: "\(file) cannot be written; check its permissions and whether its disk is mounted read-only."
        case .locked: "Another process has locked \(file); end what reads or copies it for so long."
        case .damaged: "\(file) is damaged; stop the node and restore it from a copy, or move it away."
        case .removed: "\(file) was removed or replaced while the node ran; put it back and start the node anew."
        case .hung:
            "\(file) is not read or written: its disk does not answer, or works on something large; check it, or the "
                + "network to it."
        case .other: "SQLite refused to store in \(file); the node's own log says why."
        }
    }
}
