// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Shared

/// `hookwire replay`: sends retained events again.
struct Replay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sends events again that the relay retains: one, a range or edited, to the bot or to a URL.",
        discussion: """
            Positions are what `hookwire listen`, the envelope and the inspector show, such as 9f2c61d07a55e013-42.

            One event, to the server on this machine, as the platform sent it:
              hookwire replay --position 9f2c61d07a55e013-42 --to http://localhost:5000/

            The last five minutes, once more for every socket of the bot:
              hookwire replay --since 5m

            A range, for the sockets of one consumer only:
              hookwire replay --from 9f2c61d07a55e013-40 \\
                --until 9f2c61d07a55e013-42 --consumer archive

            The last event with another body, and the same in an editor:
              hookwire replay --last 1 --body edited.json --to http://localhost:5000/
              EDITOR=nano hookwire replay --last 1 --edit

            Without --to the relay publishes the event again, after all others; an event that waited for an answer \
            does not any more. Of --since and --last, what was published again itself is left out. With --to this \
            command posts it, one after the other, and the answers are printed.

            The exit code is 0 where all were sent and answered below 400, 1 where one was not, some were lost, the relay \
            refused or the output could not be written, 2 where the relay or the server could not be reached, or did not answer in time.
            """
    )

    @OptionGroup(title: "Relay") var client: ClientOptions

    @Option(help: ArgumentHelp("This event.", valueName: "position"))
    var position: String?

    @Option(help: ArgumentHelp("From this event on.", valueName: "position"))
    var from: String?

    @Option(help: ArgumentHelp("Up to this event; to the newest where it is not given.", valueName: "position"))
    var until: String?

    @Option(help: ArgumentHelp("What was received within this time, such as 5m.", valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("The newest so many events.", valueName: "count"))
    var last: Int?

    @OptionGroup(title: "Events") var filtering: FilterOptions

    @Option(help: ArgumentHelp("Post them to this URL, and not to the bot's sockets.", valueName: "url"))
    var to: String?

    @Option(help: ArgumentHelp("Only for the sockets of this consumer.", valueName: "name"))
    var consumer: String?

    @Option(help: ArgumentHelp("Send this file as the body, - for standard input. One event only.", valueName: "file"))
    var body: String?

    @Flag(help: "Change the body in $VISUAL or $EDITOR first. One event only.")
    var edit = false

    @OptionGroup(title: "With --to") var local: LocalServerOptions

    @Flag(help: "Print an object per line.")
    var json = false

    func validate() throws {
        guard self.to != nil || !self.local.insecureTo else { throw ValidationError("--insecure-to goes with --to.") }
        let selection = try self.selection()
        let isOne = if case .one = selection { true } else { selection == .last(1) }
        guard self.position == nil || self.filtering.filter.isEmpty else {
            throw ValidationError("--position is one event, whatever it is: leave --filter out, or choose with --from.")
        }
        guard isOne || (self.body == nil && !self.edit) else {
            throw ValidationError("--body and --edit are for one event: give --position, or --last 1.")
        }
        guard self.body == nil || !self.edit else { throw ValidationError("Give --body or --edit, not both.") }
        guard self.to == nil || self.consumer == nil else {
            throw ValidationError("Send --to a URL or to a --consumer, not both.")
        }
        if let to, WebAddress(to) == nil {
            throw ValidationError("--to must be an address such as http://localhost:5000/.")
        }
        if let consumer, ConsumerName(consumer) == nil {
            throw ValidationError("--consumer takes 1 to 64 letters, digits, '.', '_' and '-'.")
        }
    }

    /// What the flags select.
    private func selection() throws -> ReplaySelection {
        let beginnings = [self.position, self.from, self.since, self.last.map(String.init)].compactMap { $0 }
        guard beginnings.count == 1 else {
            throw ValidationError("Say which events: --position, --from (and --until), --since or --last.")
        }
        guard self.until == nil || self.from != nil else { throw ValidationError("--until goes with --from.") }
        if let position { return .one(try Self.position(position, of: "--position")) }
        if let from {
            let first = try Self.position(from, of: "--from")
            let last = try self.until.map { try Self.position($0, of: "--until") }
            if let last, last.epoch != first.epoch || last.offset < first.offset {
                throw ValidationError("--until must be a position behind --from, of the same log.")
            }
            return .range(from: first, until: last)
        }
        if let since {
            guard let time = DurationText.parse(since), time > .zero, time <= .hours(24 * 366) else {
                throw ValidationError("--since takes a time such as 90s, 5m or 2h.")
            }
            return .since(since)
        }
        guard let last, (1...1_000_000).contains(last) else { throw ValidationError("--last is at least 1.") }
        return .last(last)
    }

    private static func position(_ text: String, of flag: String) throws -> Position {
        guard let position = Position(text), position.offset > 0 else {
            throw ValidationError("\(flag) takes a position as an event has it, such as 9f2c61d07a55e013-42.")
        }
        return position
    }

    // MARK: The work

    func run() async throws {
        let terminal = Terminal(isPlain: self.json)
        let selection = try self.selection()
        if case .one(let position) = selection, self.to == nil, !self.edit {
            // The relay has the event: there is nothing to fetch.
            return try await self.publish([position], body: try self.newBody(of: nil, terminal), terminal: terminal)
        }
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let log: RetainedLog
        do {
            log = try await self.fetch(selection, on: eventLoop)
        } catch let error as RetainedEventsError {
            throw self.exit(error, terminal)
        }
        let events = log.events
        for gap in log.gaps { terminal.complain(ForeignText.line(gap)) }
        guard !events.isEmpty else {
            terminal.complain(
                "No such events are retained, or they are for one consumer only"
                    + (self.to == nil ? ", or published again themselves." : ".")
            )
            throw ExitCode(1)
        }
        if let unsent = log.unsent {
            terminal.complain(
                "The relay sent nothing behind \(events[events.count - 1].position), though its log goes on to "
                    + "\(unsent): its store may be away. Try again later."
            )
        }
        let body = try self.newBody(of: events[0].body, terminal)
        if let address = self.to.flatMap({ WebAddress($0) }) {
            try await self.post(events, body: body, to: address, eventLoop: eventLoop, terminal: terminal)
        } else {
            try await self.publish(events.map(\.position), body: body, terminal: terminal)
        }
        guard log.unsent == nil, log.gaps.isEmpty else { throw ExitCode(1) }
    }

    /// What is sent in place of an event's own body; nil for that.
    private func newBody(of original: ByteBuffer?, _ terminal: Terminal) throws -> ByteBuffer? {
        do {
            if let body { return try BodyEditor.read(body) }
            return try original.flatMap { self.edit ? try BodyEditor.edit($0) : nil }
        } catch {
            terminal.complain("\(error)")
            throw ExitCode(1)
        }
    }

    /// Leaves the edited body where it can be sent from, now that it was not.
    private func keep(_ body: ByteBuffer?, _ terminal: Terminal) {
        guard self.edit, let body else { return }
        do {
            let path = try BodyEditor.write(body)
            terminal.complain("The edited body is in \(path): send it with --body \(path) in place of --edit.")
        } catch {
            terminal.complain("The edited body is lost. \(error)")
        }
    }

    private func fetch(_ selection: ReplaySelection, on eventLoop: any EventLoop) async throws -> RetainedLog {
        let relay = try self.client.address()
        let key = try self.client.key()
        let isInsecure = self.client.insecure
        let filters = try self.filtering.filters()
        let isRepublished = self.to == nil
        return try await eventLoop.flatSubmit {
            do {
                return try RetainedEvents.fetch(
                    selection,
                    from: relay,
                    key: key,
                    filters: filters,
                    isRepublished: isRepublished,
                    isInsecure: isInsecure,
                    eventLoop: eventLoop
                )
            } catch {
                return eventLoop.makeFailedFuture(error)
            }
        }.get()
    }

    private func exit(_ error: RetainedEventsError, _ terminal: Terminal) -> ExitCode {
        switch error {
        case .gone(let detail):
            terminal.complain("This is not retained any more (\(ForeignText.line(detail))).")
        case .tooMuch:
            terminal.complain("These are more than \(ReplayCollection.byteLimit >> 20) MiB: choose fewer.")
        case .silent:
            terminal.complain(
                "\(self.client.relay) took the connection and did not send them: its store may be away. Try again later."
            )
            return ExitCode(2)
        case .lost(let reason):
            terminal.complain(
                "The connection to \(self.client.relay) was lost (\(ForeignText.line(reason))), and was not had again within "
                    + "\(TimeText.format(RetainedEvents.patience)). Try again later."
            )
            return ExitCode(2)
        case .ended(.unreachable(let detail)):
            terminal.complain("Cannot reach \(self.client.relay): \(ForeignText.line(detail)).")
            return ExitCode(2)
        case .ended(.refused(let detail)):
            terminal.complain("The relay refused. \(ForeignText.line(detail))")
        case .ended(.foreign(let words)):
            terminal.complain(CommandEnd.foreignness(at: self.client.relay, saying: words))
        case .ended(.revoked(let code)):
            terminal.complain(CommandEnd.revocation(code: code))
        case .ended:
            terminal.complain("The relay ended the connection.")
        }
        return ExitCode(1)
    }

    private func post(
        _ events: [ReceivedEvent],
        body: ByteBuffer?,
        to address: WebAddress,
        eventLoop: any EventLoop,
        terminal: Terminal
    ) async throws {
        let server = LocalServer(
            address: address,
            timeout: self.local.time,
            tls: try TLSClient(isInsecure: self.local.insecureTo),
            eventLoop: eventLoop
        )
        let headers = try self.local.headers()
        var report = ForwardReport(terminal: terminal, printsJSON: self.json)
        var isFine = true
        for event in events {
            report.started(event, attempt: 1)
            do {
                let answer = try await server.send(LocalRequest(event, to: address, additions: headers, body: body))
                    .get()
                report.ended(event, .answered(answer.status, answer.time))
                isFine = isFine && answer.status.code < 400
            } catch {
                let failure = error as? LocalFailure ?? .unanswered("\(error)")
                report.ended(event, .givenUp(failure.text))
                // An answer, if a bad one: the next may have a better.
                if case .unreadable = failure {
                    isFine = false
                    continue
                }
                report.say("Cannot send \(event.position) to \(address.description): \(failure.text).")
                self.keep(body, terminal)
                throw ExitCode(2)
            }
        }
        if !isFine || report.loss != nil { throw ExitCode(1) }
    }

    private func publish(_ positions: [Position], body: ByteBuffer?, terminal: Terminal) async throws {
        let replay = RelayReplay(
            client: RelayClient(self.client.relay, isInsecure: self.client.insecure),
            key: try self.client.key(),
            consumer: self.consumer
        )
        for position in positions {
            let outcome: RelayReplay.Outcome
            do throws(RelayClient.Unreachable) {
                outcome = try await replay.send(position, body: body)
            } catch {
                terminal.complain("\(error)")
                self.keep(body, terminal)
                throw ExitCode(2)
            }
            switch outcome {
            case .published(let published):
                var object = JSONObjectWriter()
                object.member("position", position.description)
                object.member("replayed_as", published)
                let line = "replayed \(position) as \(ForeignText.line(published))"
                do throws(Terminal.WriteFailure) {
                    try terminal.print((self.json ? ForeignText.json(object.finish()) : line) + "\n")
                } catch {
                    guard let sentence = error.sentence else { return }
                    terminal.complain(
                        "\(sentence) \(position) was replayed as \(ForeignText.line(published)), the last."
                    )
                    throw ExitCode(1)
                }
            case .refused(let detail):
                terminal.complain("\(position) was not replayed. \(ForeignText.line(detail))")
                self.keep(body, terminal)
                throw ExitCode(1)
            }
        }
    }
}
