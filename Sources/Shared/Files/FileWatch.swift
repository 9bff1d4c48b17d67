// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Decides when polled files should be read: when they have changed and are the same in two polls, since a write may be
/// in progress. Pure; its owner polls, reads, and reports the result.
public struct FileWatch: Sendable {
    /// The result of a poll.
    public enum Decision: Equatable, Sendable {
        /// Do nothing.
        case wait
        /// They have changed.
        case readChanged
        /// A read was requested, whether the files changed or not.
        case readAsked
    }

    private var known: FileSignature?
    private var last: FileSignature?
    private var isDue = false

    /// - Parameter known: the signature of the files as last read; nil makes the second poll read them.
    public init(known: FileSignature? = nil) {
        self.known = known
    }

    /// Takes the files' current signature.
    public mutating func look(_ signature: FileSignature) -> Decision {
        defer { self.last = signature }
        guard signature == self.last else { return .wait }
        if self.isDue {
            self.isDue = false
            return .readAsked
        }
        return signature == self.known ? .wait : .readChanged
    }

    /// Requests a read at the next poll, if the files are the same in two.
    public mutating func readAgain() {
        self.isDue = true
    }

    /// The files have been read, right or wrong, and had this signature before and after.
    public mutating func wasRead(_ signature: FileSignature) {
        self.known = signature
    }

    /// The same for files that reference others, which are watched from now on. For a newly watched one it is unknown
    /// which version was read, so all are read once more.
    public mutating func wasRead(_ signature: FileSignature, naming paths: [String]) {
        self.known = signature.narrowed(to: paths)
    }
}
