// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Glibc
internal import NIOCore
internal import NIOSSL
internal import Shared

/// `hookwire doctor`: does to a URL what a platform does, and says why it would refuse it.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says whether a platform would take a webhook's URL, and why not.",
        discussion: """
            Looks at the address, the certificate, the answer to the platform's check of the URL, the answers to an event \
            that is signed rightly and to one that is not, the time, the clock and the bot's socket: a line for each, \
            with what to do. Speaks Chinese where LC_ALL or LANG begins with zh.

            The secret is that of the URL, --secret, or HOOKWIRE_SECRET in the environment. It is never printed, and only \
            sent where the certificate is good, or to this machine itself. The bot receives one event, of a type that no platform has; --no-events \
            sends none.

            Examples:
              hookwire doctor 'https://host/webhook?secret=S'
              hookwire doctor 'https://host/webhook/wechat?secret=T&aes_key=K&app_id=A'
              hookwire doctor https://host/webhook/dialogflow --auth basic --secret S
              hookwire doctor https://host/webhook/qq/support --secret S --token T
              LANG=zh_CN.UTF-8 hookwire doctor 'https://host/webhook?secret=S'

            The exit code is 0 where nothing is wrong, 1 where something is, and 2 where the URL cannot be reached.
            """
    )

    @Argument(help: ArgumentHelp("The webhook's URL as it is entered on the platform.", valueName: "url"))
    var url: String

    @Option(help: ArgumentHelp("Who is to call the URL; by default what its path says.", valueName: "platform"))
    var platform: PlatformName?

    @OptionGroup var settings: PlatformOptions

    @Option(
        help: ArgumentHelp(
            "One of the bot's tokens, to open its socket by: of a bot whose secret does not. By default that of the URL. "
                + "HOOKWIRE_TOKEN, or HOOKWIRE_TOKEN_FILE with the path of a file, in the environment keeps it out of the "
                + "process list, and counts where the secret is the environment's, too.",
            valueName: "token"
        )
    )
    var token: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    @Flag(name: .customLong("no-events"), help: "Send no event: the bot notices nothing.")
    var withoutEvents = false

    @Flag(help: "Go on without a good certificate, or https://. The secret is then sent to whoever answers.")
    var insecure = false

    @Option(help: ArgumentHelp("A file of further authorities to trust, in PEM.", valueName: "file"))
    var caFile: String?

    @Option(help: ArgumentHelp("Connect to this instead of the URL's host and port.", valueName: "host:port"))
    var connectTo: String?

    @Option(
        help: ArgumentHelp(
            "How long the platform waits, where you know it better: Dialogflow CX can be told up to 30s.",
            valueName: "time"
        )
    )
    var limit: String?

    @Option(help: ArgumentHelp("How long to wait for each answer, such as 10s.", valueName: "time"))
    var timeout = "10s"

    func validate() throws {
        guard WebhookURL(self.url) != nil else {
            throw ValidationError(
                "The URL must be such as https://relay.example.com/webhook?secret=S, with special characters "
                    + "percent-encoded, and a host's name in ASCII (xn--…). Quote it, or the shell takes & for its own."
            )
        }
        for (name, time) in [("--timeout", self.timeout), ("--limit", self.limit)] {
            guard time.map({ DurationText.parse($0).map { $0 > .zero } ?? false }) ?? true else {
                throw ValidationError("\(name) must be a time such as 10s or 500ms.")
            }
        }
        guard self.connectTo == nil || self.place != nil else {
            throw ValidationError("--connect-to must be a host and a port, such as 127.0.0.1:8443.")
        }
        if let caFile = self.caFile, (try? NIOSSLCertificate.fromPEMFile(caFile))?.isEmpty ?? true {
            throw ValidationError("--ca-file \(caFile) has no certificate in PEM that can be read.")
        }
        guard try self.socketToken()?.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) ?? true else {
            throw ValidationError("The token must be of visible ASCII characters to travel in a header.")
        }
    }

    func run() async throws {
        guard let url = WebhookURL(self.url), let timeout = DurationText.parse(self.timeout) else {
            throw ExitCode.validationFailure
        }
        var rules = PlatformRules(self.platform ?? PlatformName(path: url.path) ?? .qq)
        rules.limit = self.limit.flatMap { DurationText.parse($0) } ?? rules.limit
        let credentials = self.settings.credentials(for: url)
        let token = try self.socketToken().map { Secret($0) }
        let text = DiagnosisText(
            language: Language { ProcessEnvironment[$0] },
            isColoured: Terminal().hasColour,
            secrets: credentials.secrets + [token].compactMap { $0 }
        )
        let isJSON = self.json
        var examination = Examination(
            url: url,
            rules: rules,
            sender: try Self.sender(credentials, rules.platform),
            secret: credentials.secret,
            timeout: timeout
        ) { finding in
            guard !isJSON else { return }
            print(text.line(finding))
            // Each is to be read while the next takes its time, in a pipe as well.
            fflush(nil)
        }
        examination.connectTo = self.place
        examination.roots = self.caFile.map { .file($0) } ?? .system
        examination.isInsecure = self.insecure
        examination.sendsEvents = !self.withoutEvents
        examination.token = token

        if !isJSON { print("\(url.redacted)  (\(rules.platform.rawValue))\n") }
        try await examination.run()
        let diagnosis = examination.diagnosis
        print(isJSON ? text.json(diagnosis, url: url, rules) : "\n" + text.conclusion(diagnosis, rules))
        guard diagnosis.result == .good else { throw ExitCode(diagnosis.result.exitCode) }
    }

    /// What opens the bot's socket; nil where its secret does. The webhook's URL has it where the bot needs both. A token
    /// of the environment's goes with a secret of the environment's only: of a URL that has its own it may be another
    /// relay's, and not this host's to see.
    private func socketToken() throws -> String? {
        if let token, !token.isEmpty { return token }
        guard let url = WebhookURL(self.url) else { return nil }
        if let token = url.parameters["token"], !token.isEmpty { return token }
        guard !self.settings.hasSecret(for: url) else { return nil }
        return try EnvironmentSecret.read("HOOKWIRE_TOKEN")
    }

    /// What --connect-to says; nil where it is not given, or is no host and port.
    private var place: (host: String, port: Int)? {
        guard let (host, port) = self.connectTo.flatMap({ WebAddress.hostAndPort($0[...]) }), let port else {
            return nil
        }
        return (host, port)
    }

    private static func sender(_ credentials: Credentials, _ platform: PlatformName) throws -> any PlatformSender {
        do {
            return try credentials.sender(platform, clock: WallClock.now)
        } catch let error as SampleError {
            throw ValidationError(error.description)
        }
    }
}
