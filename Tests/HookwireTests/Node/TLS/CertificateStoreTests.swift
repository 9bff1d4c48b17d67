// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Shared
import Synchronization
import Testing

@testable import Hookwire

/// Which files are taken over; the system tests have what clients see of it.
@Suite struct CertificateStoreTests {
    /// Of nobody any more; it was valid from 2000 to 2010.
    private static let oldRoot = """
        -----BEGIN CERTIFICATE-----
        MIIBJzCBzqADAgECAgEBMAoGCCqGSM49BAMCMBMxETAPBgNVBAMMCE9sZCByb290
        MB4XDTAwMDEwMTAwMDAwMFoXDTEwMDEwMTAwMDAwMFowEzERMA8GA1UEAwwIT2xk
        IHJvb3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATDRhFnQBgFhFspIREUUBZC
        T/6Z4HsHy9sMl0CkmPILIh1HicfrrCGb7mhX6V60lu5tzyIo2KpCV8m8RjFZmCFM
        oxMwETAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIHxUcLV6ysxr
        qsTh90DtIHkhc4giQ5zXX0Df9j6zP5OQAiEAqDqT65EaFhEdWPZiBeznZdYbnE9l
        3dxBYr6du1uWfwE=
        -----END CERTIFICATE-----

        """
    private static let endOfOldRoot: Int64 = 1_262_304_000

    private static func store(
        _ files: CertificateFiles,
        now: @escaping @Sendable () -> Int64 = WallClock.now
    ) throws -> CertificateStore {
        try CertificateStore(files, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, now: now)
    }

    /// A certificate whose time is still to come leaves the one in use, and is taken over when it has come.
    @Test func notYetValid() throws {
        let folder = try Folder()
        try folder.issue(days: 30)
        let days = Mutex<Int64>(-2)
        let store = try Self.store(folder.files) { WallClock.now() + days.withLock { $0 } * 86_400_000 }
        let context = store.tls.current
        try folder.issue(days: 90)
        store.readAgain()
        for _ in 0..<3 { store.look() }
        let isKept = store.tls.current === context
        #expect(isKept)
        days.withLock { $0 = 1 }
        store.look()
        let isReplaced = store.tls.current !== context
        #expect(isReplaced)
    }

    /// An expired root behind the server's own certificate is none that clients need: it is served, and what counts is the
    /// server's own.
    @Test func expiredRootBehindTheCertificate() throws {
        let folder = try Folder()
        try folder.issue(days: 30)
        let former = try folder.files.read()
        #expect(former.othersExpiry == nil)
        let store = try Self.store(folder.files)
        let context = store.tls.current

        try folder.issue(days: 90, followedBy: Self.oldRoot)
        let renewed = try folder.files.read()
        #expect(renewed.expiry >= former.expiry + 59 * 86_400)
        #expect(renewed.othersExpiry == Self.endOfOldRoot)
        store.readAgain()
        // What is the same at two looks is read.
        for _ in 0..<2 { store.look() }
        let isReplaced = store.tls.current !== context
        #expect(isReplaced)
    }

    /// A node starts with such files, too.
    @Test func startsWithAnExpiredRoot() throws {
        let folder = try Folder()
        try folder.issue(days: 30, followedBy: Self.oldRoot)
        _ = try Self.store(folder.files)
        #expect(try folder.files.read().expiry > WallClock.now() / 1_000)
    }
}

/// A folder with a certificate and its key, gone with the test.
private final class Folder {
    private let url: URL

    init() throws {
        self.url = FileManager.default.temporaryDirectory.appending(path: "certificate-\(UUID())")
        try FileManager.default.createDirectory(at: self.url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: self.url)
    }

    var files: CertificateFiles {
        CertificateFiles(
            certificate: self.url.appending(path: "cert.pem").path,
            key: self.url.appending(path: "key.pem").path
        )
    }

    /// Makes a new pair in place of the one before.
    ///
    /// - Parameter chain: what stands behind the certificate, in PEM.
    func issue(days: Int, followedBy chain: String = "") throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "openssl", "req", "-x509", "-subj", "/CN=Test server", "-addext", "subjectAltName=IP:127.0.0.1", "-days",
            "\(days)", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem", "-out",
            "cert.pem",
        ]
        process.currentDirectoryURL = self.url
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let certificate = try String(contentsOfFile: self.files.certificate, encoding: .utf8)
        try (certificate + chain).write(toFile: self.files.certificate, atomically: true, encoding: .utf8)
    }
}
