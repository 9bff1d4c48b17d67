// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import NIOCore
internal import NIOHTTP1
internal import Shared
internal import SystemPackage

/// `hookwire send`: posts a correctly signed sample event, as the platform would.
struct Send: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sends a signed sample event to a relay, as the platform would.",
        discussion: """
            Prints the answer and how long it took; WeChat's encrypted answers are printed decrypted. --relay is the \
            relay's address, to which the platform's path and the secret are added, or the whole webhook URL as it was \
            entered on the platform.

            Examples:
              hookwire send --secret S --text hi
              hookwire send --relay 'https://host/webhook/wechat?secret=T' --text hi
              hookwire send --platform messenger --secret S --verify-token T --verify
              hookwire send --platform dialogflow --secret S --text 'What can you do?'
              hookwire send --platform generic --secret S --body event.json
              hookwire send --bot my-bot --secret S --text hi

            Where the answer is the one that a relay gives when no bot replies, a line on standard error says so.

            The exit code is 0 where the event was acknowledged, 1 where it was not, and 2 where nobody could be reached.
            """
    )

    @Option(help: ArgumentHelp("The relay's address, or a whole webhook URL.", valueName: "url"))
    var relay = "http://localhost:8080"

    @Option(
        help: ArgumentHelp(
            "Whose webhook to imitate; by default what the webhook URL says, or qq.",
            valueName: "platform"
        )
    )
    var platform: PlatformName?

    @Option(help: ArgumentHelp("The bot's name on a relay where it is registered.", valueName: "name"))
    var bot: String?

    @OptionGroup var settings: PlatformOptions

    @Option(help: ArgumentHelp("The text of the message.", valueName: "text"))
    var text: String?

    @Option(help: ArgumentHelp("A file whose bytes are the event's body, - for standard input.", valueName: "file"))
    var body: String?

    @Flag(help: "Send the platform's check of the URL instead of an event: QQ, WeChat, Messenger.")
    var verify = false

    @Flag(help: "Generic: let the request wait for the bot's reply.")
    var reply = false

    @Flag(help: "Take any TLS certificate. For tests only: whoever is in between reads the secret.")
    var insecure = false

    @Option(help: ArgumentHelp("How many to send, one after another, each with an id of its own.", valueName: "number"))
    var count = 1

    func validate() throws {
        guard WebhookURL(self.relay) != nil else {
            throw ValidationError(
                "--relay must be an address such as http://localhost:8080, or a webhook URL with its special characters "
                    + "percent-encoded."
            )
        }
        guard self.bot.map({ BotName($0) != nil }) ?? true else {
            throw ValidationError("--bot takes a name of \(BotName.rule).")
        }
        guard self.text == nil || self.body == nil else { throw ValidationError("Give --text or --body, not both.") }
        guard (1...1_000_000).contains(self.count) else {
            throw ValidationError("--count must be from 1 to 1000000.")
        }
    }

    func run() async throws {
        guard var url = WebhookURL(self.relay) else { throw ExitCode.validationFailure }
        let platform = self.platform ?? PlatformName(path: url.path) ?? .qq
        var credentials = self.settings.credentials(for: url)
        credentials.waits = self.reply
        if let prefix = url.relayPrefix {
            // What is agreed on with a registered bot, the relay knows.
            url =
                self.bot.map { url.with(path: "\(prefix)/webhook/\(platform.rawValue)/\($0)", query: "") }
                ?? url.with(path: prefix + platform.path, query: credentials.query(platform))
        } else {
            credentials.waits = url.parameters["reply"] == "1"
        }
        let content = try self.content()

        var isTaken = true
        var isFallback = false
        do {
            let sender = try credentials.sender(platform, clock: WallClock.now)
            let relay = RelayClient(url.origin, isInsecure: self.insecure, timeout: Self.patience(with: platform))
            for number in 1...self.count {
                let outcome = try await self.send(content, from: sender, to: url, over: relay, number: number)
                isTaken = isTaken && outcome.isTaken
                isFallback = isFallback || outcome.isFallback
                guard try self.tell(outcome.lines, of: number) else { break }
            }
        } catch let error as SampleError {
            throw ValidationError(error.description)
        } catch let error as RelayClient.Unreachable {
            _ = try? FileDescriptor.standardError.writeAll("\(error)\n".utf8)
            throw ExitCode(2)
        }
        if isFallback { Terminal().complain(Self.fallbackNotice) }
        guard isTaken else { throw ExitCode(1) }
    }

    /// Prints what came of one.
    ///
    /// - Returns: whether the output still has a reader.
    private func tell(_ lines: [String], of number: Int) throws -> Bool {
        let terminal = Terminal()
        do throws(Terminal.WriteFailure) {
            for line in lines { try terminal.printLine(line) }
            return true
        } catch {
            guard let sentence = error.sentence else { return false }
            terminal.complain(self.count > 1 ? "\(sentence) The last that was sent is \(number)." : sentence)
            throw ExitCode(1)
        }
    }

    /// What came of one.
    private struct Outcome {
        var lines: [String]
        /// Whether the platform would take the answer.
        var isTaken: Bool
        /// Whether it is what a relay says where no bot replies.
        var isFallback = false
    }

    /// The notice for a response that looks like a bot's reply but most likely is the fallback.
    private static let fallbackNotice =
        "That is what the relay answers where no bot replies in time: see that a bot is connected with this secret, "
        + "and that it replies."

    private func send(
        _ content: SampleContent,
        from sender: any PlatformSender,
        to url: WebhookURL,
        over relay: RelayClient,
        number: Int
    ) async throws -> Outcome {
        var request: SampleRequest
        var handshake: Handshake?
        if self.verify {
            handshake = try sender.handshake()
            guard let handshake else {
                throw SampleError(
                    description:
                        "There is no check of the URL to send: Messenger's needs --verify-token, Dialogflow and "
                        + "generic webhooks have none."
                )
            }
            request = handshake.request
        } else {
            request = try sender.event(content)
        }
        let answer = try await relay.send(
            request.method,
            url.target(adding: request.query),
            headers: request.headers,
            body: request.method == .GET ? nil : ByteBuffer(bytes: request.body)
        )
        let body = Array(answer.body.readableBytesView)
        let status =
            "\(answer.status.code) \(ForeignText.line(answer.status.reasonPhrase)) in \(Self.text(answer.time))"
        let readable = sender.readable(body)
        var lines: [String]
        if self.count > 1 {
            lines = ["\(number)  \(status)  \(ForeignText.excerpt(String(decoding: readable, as: UTF8.self)))"]
        } else {
            lines = [status]
            if !readable.isEmpty { lines.append(AnswerText.pretty(readable, terminal: Terminal())) }
        }
        guard (200...299).contains(answer.status.code) else { return Outcome(lines: lines, isTaken: false) }
        guard let handshake else {
            // A caller's own body may be an event that needs no reply.
            let isFallback = self.body == nil && sender.isFallback(body)
            return Outcome(lines: lines, isTaken: sender.isAcknowledged(body), isFallback: isFallback)
        }
        guard let flaw = handshake.flaw(body) else { return Outcome(lines: lines, isTaken: true) }
        lines.append("The platform would not take this: \(flaw.rawValue).")
        return Outcome(lines: lines, isTaken: false)
    }

    /// The response time-out: where the bot may be asked for a reply, longer than the relay's own (--reply-timeout).
    static func patience(with platform: PlatformName) -> TimeAmount {
        switch platform {
        case .dialogflow, .generic: .seconds(35)
        case .qq, .wechat, .messenger: .seconds(10)
        }
    }

    private func content() throws -> SampleContent {
        guard let body = self.body else { return .text(self.text ?? "Hello from Hookwire") }
        do {
            return .body(try InputFile.read(body, limit: InputFile.bodyLimit))
        } catch {
            throw ValidationError("Cannot read \(body): \(error)")
        }
    }

    /// A time in milliseconds, as `3.2 ms`.
    private static func text(_ time: TimeAmount) -> String {
        "\((Double(time.nanoseconds) / 100_000).rounded() / 10) ms"
    }
}
