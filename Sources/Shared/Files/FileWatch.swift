// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Decides when files that are looked at again and again are to be read: once they have changed, and are the same at two
/// looks, since somebody may still be writing. Pure; its owner looks, reads, and says how it went.
public struct FileWatch: Sendable {
    /// What a look comes to.
    public enum Decision: Equatable, Sendable {
        /// Nothing is to be done.
        case wait
        /// They have changed.
        case readChanged
        /// Somebody asks for it, whatever the files' times say.
        case readAsked
    }

    private var known: FileSignature?
    private var last: FileSignature?
    private var isDue = false

    /// - Parameter known: of the files as they have been read already; nil lets the second look read them.
    public init(known: FileSignature? = nil) {
        self.known = known
    }

    /// Takes the files' signature of now.
    public mutating func look(_ signature: FileSignature) -> Decision {
        defer { self.last = signature }
        guard signature == self.last else { return .wait }
        if self.isDue {
            self.isDue = false
            return .readAsked
        }
        return signature == self.known ? .wait : .readChanged
    }

    /// Lets the next look read, if the files are the same at two.
    public mutating func readAgain() {
        self.isDue = true
    }

    /// The files have been read, right or wrong, and had this signature before and after.
    public mutating func wasRead(_ signature: FileSignature) {
        self.known = signature
    }

    /// The same where the files name others, and these are to be watched from now on. Of one that was not watched before it is
    /// unknown what was read: then all are read once more.
    public mutating func wasRead(_ signature: FileSignature, naming paths: [String]) {
        self.known = signature.narrowed(to: paths)
    }
}
