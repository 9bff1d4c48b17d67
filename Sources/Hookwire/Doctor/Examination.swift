// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import Shared

/// Does to a URL what its platform does, one check after another, until one leaves nothing to go on with.
struct Examination {
    var url: WebhookURL
    var rules: PlatformRules
    var sender: any PlatformSender
    var secret: Secret
    /// What opens the bot's socket, alone or beside its secret; nil where the secret does.
    var token: Secret?
    /// What to connect to instead of the URL's host and port.
    var connectTo: (host: String, port: Int)?
    var roots = CertificateChain.Roots.system
    var isInsecure = false
    /// Whether events may be sent, which reach the bot.
    var sendsEvents = true
    var timeout: TimeAmount
    /// Called with each finding as it is made.
    var report: (Finding) -> Void

    private(set) var diagnosis = Diagnosis()

    /// What the right event was answered.
    private var genuine: ProbeAnswer?

    init(
        url: WebhookURL,
        rules: PlatformRules,
        sender: any PlatformSender,
        secret: Secret,
        timeout: TimeAmount,
        report: @escaping (Finding) -> Void
    ) {
        self.url = url
        self.rules = rules
        self.sender = sender
        self.secret = secret
        self.timeout = timeout
        self.report = report
    }

    /// Makes all checks; what cannot be made is skipped.
    mutating func run() async throws {
        self.add(AddressJudgement.scheme(self.url, self.rules))
        self.add(AddressJudgement.port(self.url, self.rules))
        guard let prober = try await self.resolve() else { return self.skipRest(.notReached) }
        guard await self.connect(prober) else { return self.skipRest(.notReached) }
        if let reason = await self.secure(prober) { return self.skipRest(reason) }
        guard try await self.ask(prober) else { return self.skipRest(.notUsable) }
        try await self.sendEvents(prober)
        await self.openSocket(prober)
    }

    private mutating func add(_ finding: Finding) {
        self.diagnosis.add(finding)
        self.report(finding)
    }

    private mutating func skipRest(_ reason: Finding.Reason) {
        for check in self.diagnosis.open { self.add(.skipped(check, reason)) }
    }

    // MARK: The way to the server

    private mutating func resolve() async throws -> Prober? {
        let host = self.connectTo?.host ?? self.url.host
        let addresses: [String]
        do throws(NameFailure) {
            addresses = AddressKind(host) == nil ? try await NameLookup.addresses(of: host) : [host]
        } catch {
            self.add(AddressJudgement.failure(error, of: host))
            return nil
        }
        self.add(
            self.connectTo == nil
                ? AddressJudgement.addresses(addresses, of: host, self.rules) : .skipped(.dns, .connectedElsewhere)
        )
        return Prober(
            address: try SocketAddress(ipAddress: addresses[0], port: self.connectTo?.port ?? self.url.port),
            host: self.url.host,
            roots: self.roots,
            isInsecure: self.isInsecure,
            timeout: self.timeout
        )
    }

    private mutating func connect(_ prober: Prober) async -> Bool {
        let ip = prober.address.ipAddress ?? ""
        let address = (ip.contains(":") ? "[\(ip)]" : ip) + ":\(prober.address.port ?? 0)"
        do throws(ProbeFailure) {
            self.add(.connected(address, TimeText.format(try await prober.connect())))
            return true
        } catch {
            self.add(ConnectionJudgement.connection(error, address: address, timeout: self.timeout))
            return false
        }
    }

    /// Why the platform would go no further; nil where it would.
    private mutating func secure(_ prober: Prober) async -> Finding.Reason? {
        guard self.url.isTLS else {
            for check in [Check.tls, .chain, .name, .expiry] { self.add(.skipped(check, .plainHTTP)) }
            // Loopback traffic cannot be intercepted: the resolved address decides, not the URL.
            let isLocal = AddressKind.isLoopback(prober.address.ipAddress ?? "")
            return self.isInsecure || isLocal ? nil : .httpsMissing
        }
        let report: ProbeReport
        do throws(ProbeFailure) {
            report = try await prober.handshake()
        } catch {
            self.add(ConnectionJudgement.handshake(error))
            return .noTLS
        }
        self.add(ConnectionJudgement.version(report.version))
        guard let certificate = report.certificate else {
            self.add(.invalidChain("no certificate"))
            return .untrusted
        }
        let now = WallClock.now() / 1_000
        for finding in CertificateJudgement.findings(certificate, host: self.url.host, now: now) { self.add(finding) }
        return self.isInsecure || CertificateJudgement.isGood(certificate, now: now) ? nil : .untrusted
    }

    // MARK: The webhook

    /// The platform's check of the URL, or the first event where it has none.
    private mutating func ask(_ prober: Prober) async throws -> Bool {
        let handshake = try self.sender.handshake()
        guard handshake != nil || self.sendsEvents else {
            if let guess = self.sender.guessedHandshake() { self.add(await self.judge(guess: guess, prober)) }
            self.add(.skipped(.event, .notAsked))
            return false
        }
        let request = try handshake?.request ?? self.sender.event(.nothing)
        let outcome = await prober.send(request, to: self.url)
        let (findings, isUsable) = AnswerJudgement.findings(
            outcome,
            url: self.url,
            platform: self.rules.platform,
            timeout: self.timeout
        )
        for finding in findings { self.add(finding) }
        guard isUsable, case .success(let answer) = outcome else { return false }
        if let handshake {
            let flaw = handshake.flaw(answer.body)
            self.add(
                flaw.map { .handshakeFlawed($0, AnswerJudgement.detail(answer)) }
                    ?? .handshakeRight(self.rules.platform)
            )
        } else if let guess = self.sender.guessedHandshake() {
            self.add(await self.judge(guess: guess, prober))
        } else {
            self.add(.skipped(.handshake, .platformHasNone))
        }
        self.add(TimeJudgement.duration(answer, self.rules))
        if handshake == nil { self.add(self.judge(event: outcome)) }
        self.add(TimeJudgement.clock(answer))
        return true
    }

    private func judge(guess: SampleRequest, _ prober: Prober) async -> Finding {
        AnswerJudgement.guess(await prober.send(guess, to: self.url))
    }

    private mutating func sendEvents(_ prober: Prober) async throws {
        guard self.sendsEvents else {
            self.add(.skipped(.event, .notAsked))
            self.add(.skipped(.forgery, .notAsked))
            return
        }
        if self.diagnosis.open.contains(.event) {
            self.add(self.judge(event: await prober.send(try self.sender.event(.nothing), to: self.url)))
        }
        guard let forgery = try self.sender.forgery() else {
            self.add(.skipped(.forgery, .platformHasNone))
            return
        }
        let outcome = await prober.send(forgery, to: self.url)
        self.add(EventJudgement.forged(outcome, genuine: self.genuine, by: self.sender))
    }

    private mutating func judge(event outcome: Result<ProbeAnswer, ProbeFailure>) -> Finding {
        self.genuine = try? outcome.get()
        return EventJudgement.genuine(outcome) { self.sender.isAcknowledged($0) }
    }

    // MARK: The bot's side

    /// Opens a socket and closes it at once; it takes no event that was kept for the bot.
    private mutating func openSocket(_ prober: Prober) async {
        // One of our tokens identifies its bot, and is checked alone: beside the secret it might be invalid. One
        // imported from another relay is valid only beside the secret.
        let isTokenAlone = self.token.map { TokenHash.isToken($0) } ?? false
        let url = self.url.socket(secret: isTokenAlone ? nil : self.secret)
        let key = Base64.encode(SecureRandom.bytes(16))
        var request = SampleRequest(
            method: .GET,
            headers: [
                ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
                ("Sec-WebSocket-Key", key),
            ]
        )
        if let token = self.token { request.headers.append(("Authorization", "Bearer \(token.exposeText())")) }
        let outcome = await prober.send(request, to: url)
        let acceptance = WebSocketHandshake.acceptance(of: key)
        self.add(
            EventJudgement.socket(outcome, acceptance: acceptance, path: url.path, hasToken: self.token != nil)
        )
    }
}

extension WebhookURL {
    /// Where bots connect, beside the webhook.
    ///
    /// - Parameter secret: what opens it; nil where what does stands in a field.
    func socket(secret: Secret?) -> WebhookURL {
        let parts = self.path.split(separator: "/")
        let prefix = parts[..<(parts.lastIndex(of: "webhook") ?? 0)]
        return self.with(
            path: (prefix + ["ws"]).map { "/\($0)" }.joined(),
            query: (secret.map { "secret=\(PercentEncoding.encode($0.exposeText()))&" } ?? "") + "backlog=off"
        )
    }
}
