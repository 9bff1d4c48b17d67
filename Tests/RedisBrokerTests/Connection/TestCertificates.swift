// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RedisServer

/// A certificate authority and a server's certificate, made by the openssl command in a directory of their own.
final class TestCertificates {
    let directory: String
    var authorities: String { "\(self.directory)/ca.pem" }
    var tls: RedisServer.TLS {
        .init(
            certificate: "\(self.directory)/server.pem",
            key: "\(self.directory)/server.key",
            authorities: self.authorities
        )
    }

    /// - Parameter name: whom the certificate is for; nil for this machine, by name and by address.
    init(name: String? = nil) throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "certificates-\(UUID().uuidString)"
        )
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        self.directory = directory.path
        let names = name.map { "DNS:\($0)" } ?? "DNS:localhost,IP:127.0.0.1"
        try "subjectAltName=\(names)".write(toFile: "\(self.directory)/names", atomically: true, encoding: .utf8)
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        try self.openssl(
            ["req", "-x509", "-subj", "/CN=Test authority", "-keyout", "ca.key", "-out", "ca.pem"] + curve
        )
        try self.openssl(["req", "-subj", "/CN=Test server", "-keyout", "server.key", "-out", "server.csr"] + curve)
        try self.openssl([
            "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-extfile", "names", "-out", "server.pem",
        ])
    }

    deinit {
        try? FileManager.default.removeItem(atPath: self.directory)
    }

    private func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: self.directory)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
    }
}
