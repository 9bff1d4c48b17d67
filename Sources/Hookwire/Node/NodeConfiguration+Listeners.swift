// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

extension NodeConfiguration {
    /// The certificate that the node serves HTTPS with; nil where it serves plain HTTP.
    var certificateFiles: CertificateFiles? {
        guard let certificate = self.tlsCertificate, let key = self.tlsKey else { return nil }
        return CertificateFiles(certificate: certificate, key: key)
    }

    /// Where the tiers listen.
    func listener(tls: ServerTLS?) -> Listener {
        Listener(
            host: self.host,
            port: self.port,
            limits: self.limits,
            tls: tls,
            proxies: self.nodeLimits.proxies,
            flags: ("--host", "--port")
        )
    }

    /// Where operators manage the bots.
    ///
    /// - Parameter tls: the tiers'.
    func adminListener(tls: ServerTLS?) -> Listener {
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
