// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOSSL

extension NIOSSLContext {
    /// What a node serves HTTPS with: a certificate chain and its key, both PEM files.
    ///
    /// - Throws: `SettingsError` where they cannot be read or do not belong together.
    static func server(certificate: String, key: String) throws(SettingsError) -> NIOSSLContext {
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(certificate).map { NIOSSLCertificateSource.certificate($0) }
            let privateKey = try NIOSSLPrivateKey(file: key, format: .pem)
            return try NIOSSLContext(
                configuration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(privateKey))
            )
        } catch {
            throw SettingsError(
                message: "The certificate \(certificate) and the key \(key) cannot be used: \(error). "
                    + "Both must be PEM files that this user can read, and belong together."
            )
        }
    }
}
