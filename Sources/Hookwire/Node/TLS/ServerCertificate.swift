// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOSSL

/// A certificate chain that belongs to its key, ready to serve with.
struct ServerCertificate: Sendable {
    let context: NIOSSLContext
    /// From when on the server's own certificate is valid, in seconds since 1970.
    let start: Int64
    /// When the server's own certificate expires, in seconds since 1970.
    let expiry: Int64
    /// When the first of the other certificates expires, in the same unit; nil if there are none. That need not matter:
    /// clients ignore certificates they do not need, such as an old root that cross-signed a new one.
    let othersExpiry: Int64?
    private let chain: [NIOSSLCertificate]
    private let key: NIOSSLPrivateKey

    /// - Throws: the library's error where the key is not that of the first certificate.
    init(chain: [NIOSSLCertificate], key: NIOSSLPrivateKey) throws {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        // What is older is obsolete (RFC 8996), and no platform needs it.
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        // How long a connection that we close waits for its peer to agree, which no protocol of ours needs. On connections
        // whose halves close apart the library does not notice that the peer has agreed, so every one would last that long.
        configuration.shutdownTimeout = .seconds(1)
        self.context = try NIOSSLContext(configuration: configuration)
        self.start = chain.first.map { Int64($0.notValidBefore) } ?? 0
        self.expiry = chain.first.map { Int64($0.notValidAfter) } ?? 0
        self.othersExpiry = chain.dropFirst().map { Int64($0.notValidAfter) }.min()
        self.chain = chain
        self.key = key
    }

    /// Whether clients would see no difference.
    func isSame(as other: ServerCertificate) -> Bool {
        self.chain == other.chain && self.key == other.key
    }
}
