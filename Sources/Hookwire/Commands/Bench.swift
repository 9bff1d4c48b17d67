// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Logging
internal import SystemPackage
internal import UnixSignals

/// `hookwire bench`: a load generator that checks every delivery.
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Loads a relay, checks every delivery, and reports throughput, latency, memory and CPU.",
        discussion: """
            Events are signed ahead of the run and carry unique ids. Each socket is checked for events that are lost, \
            double, out of order or altered. Any relay can be loaded that takes a POST and delivers its body over a \
            WebSocket.

            As fast as 32 connections can, 10 bots with a socket each:
              hookwire bench --secrets 10 --events 200000 --pid $(pidof hookwire)

            One bot with a thousand sockets:
              hookwire bench --sockets 1000 --events 1000

            3,000 events a second for half a minute. Latency counts from the time at which an event was due, so a \
            server that stalls is charged for every event it held up:
              hookwire bench --secrets 10 --rate 3000 --duration 30s

            What an idle socket costs in memory:
              hookwire bench --idle --secrets 10 --sockets 900 --pid $(pidof hookwire)

            Two tiers, and nginx with nchan, which verifies nothing:
              hookwire bench --socket 'ws://127.0.0.1:8081/ws?secret={secret}' \\
                --pid ingress=12 --pid egress=34
              hookwire bench --unsigned --webhook 'http://127.0.0.1:8088/pub?id={secret}' \\
                --socket 'ws://127.0.0.1:8088/sub?id={secret}'

            The exit code is 0 where everything was accepted and delivered once, in order and unaltered; 1 where it \
            was not; 2 where the server could not be reached; 64 for a wrong flag. With 2 and 64 there is no report, \
            not even an empty one with --json. What the generator itself used is in the report: where it says that \
            the generator was busy all the time, the server can do more. A note says where a --rate was not \
            kept, and where --duration was over before all --events were sent.

            SIGINT (Ctrl-C) and SIGTERM end the measuring, or --idle, early: what is under way is waited for as at any \
            end, a note in the report says so, and then the process ends by that signal (130 and 143 in a shell). A \
            second signal ends it at once, and so does the first before anything is measured; then there is no report.
            """
    )

    @OptionGroup var options: BenchOptions

    func validate() throws {
        _ = try self.checked()
    }

    func run() async throws {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        FileDescriptorLimit.raise(logger: Logger(label: "hookwire.bench"))
        let configuration = try self.checked()
        let interruption = BenchInterruption(signals: [.sigint, .sigterm])
        let report: BenchReport
        do {
            report = try await BenchRun(
                configuration,
                progress: BenchProgress(),
                interruption: interruption
            ).run()
        } catch let error as BenchError {
            _ = try? FileDescriptor.standardError.writeAll("\(error.message)\n".utf8)
            throw ExitCode(2)
        }
        let json = self.options.json ? String(decoding: try report.json(), as: UTF8.self) + "\n" : nil
        do throws(Terminal.WriteFailure) {
            try Terminal().print(json ?? BenchTable(report).text)
        } catch {
            if let sentence = error.sentence {
                Terminal().complain(sentence)
                throw ExitCode(1)
            }
        }
        if let signal = interruption.signal { signal.endProcess() }
        guard report.problems.isEmpty else { throw ExitCode(1) }
    }

    private func checked() throws -> BenchConfiguration {
        do {
            return try BenchConfiguration(self.options)
        } catch {
            throw ValidationError(error.message)
        }
    }
}
