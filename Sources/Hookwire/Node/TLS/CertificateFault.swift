// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Why a certificate and its key cannot be used.
struct CertificateFault: Error, Equatable, CustomStringConvertible {
    /// The kind of it, as it is counted.
    enum Reason: String, CaseIterable {
        /// The chain is not there, may not be read, or is no PEM.
        case certificateUnreadable = "certificate_unreadable"
        /// The key is not there, may not be read, is no PEM, or wants a passphrase.
        case keyUnreadable = "key_unreadable"
        /// The key is another certificate's.
        case mismatch
        /// The server's own certificate has expired.
        case expired
        /// The server's own certificate is valid from later on only.
        case notYetValid = "not_yet_valid"
    }

    var reason: Reason
    /// What is wrong and what to do, as a sentence.
    var description: String
    /// Whether the files themselves may be right, and only the process has no descriptor left to open them, for instance, or
    /// their time is still to come.
    var mayPass = false
}
