// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import Metrics
internal import Shared
internal import Synchronization

/// The certificate of a node, read again when its files change, for as long as the node lives. Any thread.
///
/// Files that cannot be used, or do not belong together, are not taken over: the certificate that is known stays, the log
/// says why, and the next change of either file is another try. Links are followed, so that what Kubernetes mounts and what
/// certbot renews is noticed.
final class CertificateStore: Sendable {
    /// How often a change is looked for. What is the same at two looks is read.
    private static let pause = Duration.seconds(1)

    /// The TLS context of the node's listeners.
    let tls: ServerTLS
    private let files: CertificateFiles
    private let logger: Logger
    private let now: @Sendable () -> Int64
    private let state: Mutex<State>
    private let metrics = CertificateMetrics()

    private struct State {
        var watch: FileWatch
        var certificate: ServerCertificate
        /// Why the files could not be read when that was last tried, though they may be right; nil where they could.
        var passing: CertificateFault?
        /// Whether it was said that one behind the certificate has expired.
        var hasWarnedOfOthers = false
    }

    /// Reads the files for the first time.
    ///
    /// - Parameter now: in milliseconds since 1970.
    /// - Throws: `SettingsError` where they cannot be used.
    init(
        _ files: CertificateFiles,
        logger: Logger,
        now: @escaping @Sendable () -> Int64 = WallClock.now
    ) throws(SettingsError) {
        let signature = files.signature
        let certificate = try files.readAtStart()
        self.files = files
        self.logger = logger
        self.now = now
        self.tls = ServerTLS(certificate.context)
        self.state = Mutex(State(watch: FileWatch(known: signature), certificate: certificate))
        self.metrics.expires(certificate.expiry)
        if certificate.expiry <= now() / 1_000 {
            logger.warning("the certificate has expired, and clients will refuse it", metadata: certificate.metadata)
        } else if certificate.start > now() / 1_000 {
            logger.warning(
                "the certificate is not valid yet, and clients will refuse it; look at this machine's clock too",
                metadata: ["valid_from": "\(UTCTimeText.format(milliseconds: certificate.start * 1_000))"]
            )
        }
        self.warnOfOthers()
    }

    /// Lets the next look read the files, whatever their times say.
    func readAgain() {
        self.state.withLock { $0.watch.readAgain() }
    }

    /// Follows the files until the task is cancelled.
    func follow() async {
        while !Task.isCancelled {
            self.look()
            try? await Task.sleep(for: Self.pause)
        }
    }

    /// One look at the files.
    func look() {
        let signature = self.files.signature
        switch self.state.withLock({ $0.watch.look(signature) }) {
        case .wait: break
        case .readChanged: self.read(signature, isAsked: false)
        case .readAsked: self.read(signature, isAsked: true)
        }
        self.warnOfOthers()
    }

    private func read(_ signature: FileSignature, isAsked: Bool) {
        let result = Result { () throws(CertificateFault) in try self.files.readValid(at: self.now() / 1_000) }
        // One of them old and one new belong together as little as two that are wrong: they are looked at again.
        guard self.files.signature == signature else {
            if isAsked { self.readAgain() }
            return
        }
        let fault = result.fault
        let isNews = self.state.withLock { state in
            // They are retried, since nothing else would notice when they become readable.
            let passing = fault.flatMap { $0.mayPass ? $0 : nil }
            if passing == nil { state.watch.wasRead(signature) }
            defer { state.passing = passing }
            return isAsked || passing == nil || passing != state.passing
        }
        for file in signature.orphans where isNews {
            self.logger.warning(
                "a file of the certificate was replaced outside of its mount, and the old one stays; mount its folder",
                metadata: ["file": "\(file)"]
            )
        }
        switch result {
        case .success(let certificate): self.take(certificate, isAsked: isAsked)
        case .failure(let fault):
            guard isNews else { return }
            self.metrics.count(.failed(fault.reason))
            self.logger.error(
                "the new certificate cannot be used, and the old one stays: \(fault)",
                metadata: ["reason": "\(fault.reason.rawValue)"]
            )
        }
    }

    private func take(_ certificate: ServerCertificate, isAsked: Bool) {
        let isSame = self.state.withLock { state in
            defer { state.certificate = certificate }
            let isSame = state.certificate.isSame(as: certificate)
            // An explicit request is answered again.
            if !isSame || isAsked { state.hasWarnedOfOthers = false }
            return isSame
        }
        if isSame {
            self.metrics.count(.unchanged)
            self.logger.log(
                level: isAsked ? .notice : .debug,
                "the certificate was read and is as before",
                metadata: certificate.metadata
            )
            return
        }
        self.tls.replace(with: certificate.context)
        self.metrics.count(.replaced)
        self.metrics.expires(certificate.expiry)
        self.logger.notice("new connections have a new certificate", metadata: certificate.metadata)
    }

    /// Says once that a certificate behind the server's own has expired. Whether clients need it only they know.
    private func warnOfOthers() {
        let expiry = self.state.withLock { state -> Int64? in
            guard !state.hasWarnedOfOthers, let expiry = state.certificate.othersExpiry,
                expiry <= self.now() / 1_000
            else { return nil }
            state.hasWarnedOfOthers = true
            return expiry
        }
        guard let expiry else { return }
        self.logger.warning(
            "a certificate behind the server's own has expired, and clients that need it will refuse the chain",
            metadata: ["expired": "\(UTCTimeText.format(milliseconds: expiry * 1_000))"]
        )
    }
}

extension CertificateFiles {
    /// An expired certificate, or one not valid yet, does not replace the current one. Only the server's own
    /// certificate counts: clients may not need the rest of the chain.
    ///
    /// - Parameter now: in seconds since 1970.
    fileprivate func readValid(at now: Int64) throws(CertificateFault) -> ServerCertificate {
        let certificate = try self.read()
        guard certificate.start <= now else {
            throw CertificateFault(
                reason: .notYetValid,
                description: "The certificate \(self.certificate) is valid from "
                    + "\(UTCTimeText.format(milliseconds: certificate.start * 1_000)) on, and is taken over then. If that is "
                    + "past, this machine's clock is wrong.",
                mayPass: true
            )
        }
        guard certificate.expiry > now else {
            throw CertificateFault(
                reason: .expired,
                description: "The certificate \(self.certificate) has expired. Renew it."
            )
        }
        return certificate
    }
}

extension Result where Failure == CertificateFault {
    fileprivate var fault: CertificateFault? { if case .failure(let fault) = self { fault } else { nil } }
}

extension ServerCertificate {
    fileprivate var metadata: Logger.Metadata {
        ["expires": "\(UTCTimeText.format(milliseconds: self.expiry * 1_000))"]
    }
}
