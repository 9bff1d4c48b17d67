// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import NIOCore
internal import NIOHTTP1
internal import Shared
internal import SystemPackage

/// `hookwire dead-letters`: looks at what groups gave up.
struct DeadLetters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters",
        abstract: "Lists, replays or drops the events that a bot's groups gave up.",
        discussion: """
            A group (?group=NAME) gives an event up when no member has acknowledged it in as many attempts as were \
            allowed. The relay keeps it for a day by default, a thousand per bot.

            The exit code is 0 where it was done, 1 where the relay refused, and 2 where it could not be reached.
            """,
        subcommands: [List.self, Replay.self, Drop.self]
    )

    /// Whose dead letters, and where.
    struct Options: ParsableArguments {
        @OptionGroup var client: ClientOptions

        /// What asks the relay.
        func relay() -> RelayClient {
            RelayClient(self.client.relay, isInsecure: self.client.insecure)
        }

        /// Asks the relay; where it cannot be reached, that is printed, and is the exit code.
        func ask(_ relay: RelayClient, _ method: HTTPMethod, _ path: String) async throws -> RelayClient.Answer {
            let key = try self.client.key()
            do throws(RelayClient.Unreachable) {
                return try await relay.send(method, key.target(path), headers: [key.field])
            } catch {
                Self.complain("\(error)")
                throw ExitCode(2)
            }
        }

        /// Why the relay refused, if it did, is printed, and is the exit code; so it is that no relay answered.
        ///
        /// - Parameters:
        ///   - status: what a relay answers that has done it.
        ///   - isRelays: whether the body is one of its answers.
        func check(
            _ answer: RelayClient.Answer,
            is status: HTTPResponseStatus,
            _ isRelays: (ByteBuffer) -> Bool = { _ in true }
        ) throws {
            guard answer.status.code < 300 else {
                Self.complain(answer.refusal)
                throw ExitCode(1)
            }
            guard answer.status == status, isRelays(answer.body) else { throw self.foreign() }
        }

        private func foreign() -> ExitCode {
            Self.complain(
                "\(self.client.relay): what answers there is no Hookwire relay. Give --relay the relay's own address."
            )
            return ExitCode(1)
        }

        /// All dead letters, page by page.
        func all(of relay: RelayClient) async throws -> [DeadLetterListing.Letter] {
            var letters: [DeadLetterListing.Letter] = []
            while true {
                let last = letters.last?.number ?? 0
                let page = try await self.ask(relay, .GET, "/dead-letters?after=\(last)")
                try self.check(page, is: .ok)
                guard let listing = DeadLetterListing.letters(page.body, behind: last) else { throw self.foreign() }
                guard !listing.isEmpty else { return letters }
                letters += listing
            }
        }

        fileprivate static func complain(_ sentence: String) {
            _ = try? FileDescriptor.standardError.writeAll("\(sentence)\n".utf8)
        }
    }

    /// Which of them.
    struct Selection: ParsableArguments {
        @Argument(help: ArgumentHelp("The numbers that `list` shows.", valueName: "number"))
        var numbers: [UInt64] = []

        @Flag(help: "All of them.")
        var all = false

        func validate() throws {
            guard self.all != !self.numbers.isEmpty else {
                throw ValidationError("Name the dead letters by the numbers that `list` shows, or give --all.")
            }
        }

        /// Has the relay process each of them. With all selected, one that is gone meanwhile was handled by someone
        /// else.
        func each(
            _ options: Options,
            _ method: HTTPMethod,
            _ suffix: String,
            done: String,
            is status: HTTPResponseStatus,
            _ isRelays: (ByteBuffer) -> Bool = { _ in true }
        ) async throws {
            let relay = options.relay()
            let numbers = self.all ? try await options.all(of: relay).map(\.number) : self.numbers
            for number in numbers {
                let answer = try await options.ask(relay, method, "/dead-letters/\(number)\(suffix)")
                let isGone =
                    self.all && answer.status == .notFound
                    && ProblemText.reason(Array(answer.body.readableBytesView)) == "no_such_dead_letter"
                if !isGone { try options.check(answer, is: status, isRelays) }
                let line = isGone ? "gone \(number)" : "\(done) \(number)"
                do throws(Terminal.WriteFailure) {
                    try Terminal().printLine(line)
                } catch {
                    // The output's reader is gone, so the others are skipped.
                    guard let sentence = error.sentence else { return }
                    Options.complain("\(sentence) The last: \(line).")
                    throw ExitCode(1)
                }
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists them, oldest first, a line each.")

        @OptionGroup var options: Options

        @Flag(help: "Print the relay's JSON, an object per line.")
        var json = false

        func run() async throws {
            let letters = try await self.options.all(of: self.options.relay())
            let lines = self.json ? letters.map(\.json) : DeadLetterListing.table(letters)
            do throws(Terminal.WriteFailure) {
                for line in lines { try Terminal().printLine(line) }
            } catch {
                guard let sentence = error.sentence else { return }
                Options.complain(sentence)
                throw ExitCode(1)
            }
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Publishes them again, after all other events, for every consumer and group of the bot."
        )

        @OptionGroup var options: Options
        @OptionGroup var selection: Selection

        func run() async throws {
            try await self.selection.each(
                self.options,
                .POST,
                "/replay",
                done: "replayed",
                is: .ok,
                DeadLetterListing.saysPosition
            )
        }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Forgets them.")

        @OptionGroup var options: Options
        @OptionGroup var selection: Selection

        func run() async throws {
            try await self.selection.each(self.options, .DELETE, "", done: "dropped", is: .noContent)
        }
    }
}
