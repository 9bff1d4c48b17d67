// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import Shared

/// Makes connections as a platform does, one per request, each from its beginning.
struct Prober: Sendable {
    /// Where the URL's host is, or what stands in for it.
    var address: SocketAddress
    /// Whose name a certificate must have.
    var host: String
    var roots: CertificateChain.Roots
    /// Whether to go on where the certificate is not good.
    var isInsecure: Bool
    /// How long one probe may take.
    var timeout: TimeAmount

    /// A connection that says nothing, and how long it took.
    func connect() async throws(ProbeFailure) -> TimeAmount {
        let start = NIODeadline.now()
        _ = try await self.run(nil, certificates: nil)
        return .now() - start
    }

    /// What TLS and its certificates are, whatever they are; without a request.
    func handshake() async throws(ProbeFailure) -> ProbeReport {
        try await self.run(nil, certificates: .all)
    }

    /// The answer to a request. Where the certificate is not good, nothing is sent.
    func send(_ request: SampleRequest, to url: WebhookURL) async -> Result<ProbeAnswer, ProbeFailure> {
        var head = HTTPRequestHead(version: .http1_1, method: request.method, uri: url.target(adding: request.query))
        head.headers.add(name: "Host", value: url.authority)
        for (name, value) in request.headers { head.headers.add(name: name, value: value) }
        head.headers.add(name: "Accept", value: "*/*")
        if request.method != .GET { head.headers.add(name: "Content-Length", value: "\(request.body.count)") }
        if !head.headers.contains(name: "Connection") { head.headers.add(name: "Connection", value: "close") }
        do throws(ProbeFailure) {
            let report = try await self.run(
                ProbeRequest(head: head, body: request.body),
                certificates: !url.isTLS ? nil : self.isInsecure ? .all : .good
            )
            return report.answer.map { .success($0) } ?? .failure(.closed)
        } catch {
            return .failure(error)
        }
    }

    /// Which certificates are taken.
    private enum Acceptance {
        case all
        case good
    }

    /// - Parameter certificates: nil without TLS.
    private func run(
        _ request: ProbeRequest?,
        certificates: Acceptance?
    ) async throws(ProbeFailure) -> ProbeReport {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: ProbeReport.self)
        let start = NIODeadline.now()
        ClientBootstrap(group: loop)
            .connectTimeout(self.timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = ProbeHandler(
                        request: request,
                        isTLS: certificates != nil,
                        promise: promise,
                        start: start,
                        timeout: self.timeout
                    )
                    if let certificates {
                        try channel.pipeline.syncOperations.addHandler(self.tls(certificates, tellingTo: handler))
                    }
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .connect(to: self.address)
            .whenFailure { promise.fail($0) }
        do {
            return try await promise.futureResult.get()
        } catch {
            throw ProbeFailure(error)
        }
    }

    private func tls(_ acceptance: Acceptance, tellingTo handler: ProbeHandler) throws -> NIOSSLClientHandler {
        var configuration = TLSConfiguration.makeClientConfiguration()
        // An old version is something to tell, too.
        configuration.minimumTLSVersion = .tlsv1
        // The callback looks at the name, and goes on with a wrong one.
        configuration.certificateVerification = .noHostnameVerification
        return try NIOSSLClientHandler(
            context: NIOSSLContext(configuration: configuration),
            // There are no addresses in SNI (RFC 6066, section 3).
            serverHostname: AddressKind(self.host) == nil ? self.host : nil,
            customVerificationCallback: { certificates, promise in
                handler.certificate = self.facts(certificates)
                let isGood = handler.certificate.map { CertificateJudgement.isGood($0, now: WallClock.now() / 1_000) }
                let isAccepted = acceptance == .all || isGood == true
                handler.isUntrusted = !isAccepted
                promise.succeed(isAccepted ? .certificateVerified : .failed)
            }
        )
    }

    private func facts(_ certificates: [NIOSSLCertificate]) -> CertificateFacts? {
        let encoded = certificates.compactMap { try? $0.toDERBytes() }
        guard let chain = CertificateChain(der: encoded) else { return nil }
        let trust = try? chain.trust(roots: self.roots)
        return CertificateFacts(
            trust: trust ?? .invalid("the list of authorities cannot be read"),
            isForHost: chain.isFor(host: self.host),
            names: chain.names,
            issuer: chain.issuer,
            validFrom: chain.validity.from,
            validUntil: chain.validity.until
        )
    }
}

/// What a probe sends.
struct ProbeRequest: Sendable {
    var head: HTTPRequestHead
    var body: [UInt8]
}

/// What a probe saw.
struct ProbeReport: Sendable {
    /// Nil where nothing was sent.
    var answer: ProbeAnswer?
    /// Nil without TLS.
    var version: TLSVersion?
    var certificate: CertificateFacts?
}
