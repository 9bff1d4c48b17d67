// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOSSL
internal import Shared

/// A certificate chain and its key, both PEM files.
struct CertificateFiles: Sendable {
    /// The chain, the server's own certificate first.
    var certificate: String
    var key: String

    /// Of both, as they are now.
    var signature: FileSignature { FileSignature([self.certificate, self.key]) }

    /// Reads both before there is a node, which none starts without.
    ///
    /// - Throws: `SettingsError` where they cannot be used.
    func readAtStart() throws(SettingsError) -> ServerCertificate {
        do {
            return try self.read()
        } catch {
            throw SettingsError(message: error.description)
        }
    }

    /// Reads both. Blocks for as long as the disk takes.
    func read() throws(CertificateFault) -> ServerCertificate {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMBytes(PEMFile.read(self.certificate))
        } catch {
            throw CertificateFault(
                reason: .certificateUnreadable,
                description:
                    "The certificate \(self.certificate) cannot be read (\(error)). It must be a PEM file that this "
                    + "user can read, with the server's own certificate first.",
                mayPass: PEMFile.mayPass(error)
            )
        }
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(bytes: PEMFile.read(self.key), format: .pem)
        } catch {
            throw CertificateFault(
                reason: .keyUnreadable,
                description:
                    "The key \(self.key) cannot be read (\(error)). It must be a PEM file that this user can read, "
                    + "without a passphrase.",
                mayPass: PEMFile.mayPass(error)
            )
        }
        do {
            return try ServerCertificate(chain: chain, key: key)
        } catch {
            throw CertificateFault(
                reason: .mismatch,
                description:
                    "The key \(self.key) is not that of the certificate \(self.certificate) (\(error)). Give those "
                    + "that were made for each other."
            )
        }
    }
}
