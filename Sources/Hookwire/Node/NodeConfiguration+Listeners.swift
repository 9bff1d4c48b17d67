// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOSSL
internal import Shared

extension NodeConfiguration {
    /// Where the tiers listen.
    ///
    /// - Throws: `SettingsError` where the certificate cannot be used.
    var listener: Listener {
        get throws(SettingsError) {
            var tls: NIOSSLContext?
            if let certificate = self.tlsCertificate, let key = self.tlsKey {
                tls = try .server(certificate: certificate, key: key)
            }
            return Listener(
                host: self.host,
                port: self.port,
                limits: self.limits,
                tls: tls,
                proxies: self.nodeLimits.proxies,
                flags: ("--host", "--port")
            )
        }
    }

    /// Where operators manage the bots.
    ///
    /// - Parameter tls: the tiers'.
    func adminListener(tls: NIOSSLContext?) -> Listener {
        Listener(
            host: self.adminHost,
            port: self.adminPort,
            limits: self.limits,
            tls: tls,
            proxies: self.nodeLimits.proxies,
            flags: ("--admin-host", "--admin-port")
        )
    }
}
