// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import UnixSignals

/// How a command ended, as shown by its exit code.
enum CommandEnd: Sendable {
    case done
    /// It failed; the reason was printed.
    case failed
    /// The relay does not want this client.
    case refused(String)
    /// Something else than a relay answers: what it says; nil where that is nothing for a person.
    case foreign(String?)
    /// The client's credential is no longer valid; the code shows where that was reported.
    case revoked(code: Int)
    case unreachable(String)
}

/// The work of a command that runs until it is done or told to stop. Bound to its event loop.
protocol CommandRun: AnyObject, SendableMetatype {
    var end: EventLoopFuture<CommandEnd> { get }

    /// Begins; once.
    func start()

    /// Ends in good order, soon.
    func stop()
}

/// How long a stopped run has for its end: longer than any takes that gets on.
private let patience = Duration.seconds(7)

extension CommandRun {
    /// Runs it to its end. SIGINT and SIGTERM stop it; a second one ends the process at once, and so does the first if
    /// the run is stuck, blocked on a reader of its output.
    ///
    /// - Parameter make: on the event loop.
    /// - Throws: the exit code, when it is not 0.
    static func execute(
        relay: String,
        terminal: Terminal,
        _ make: @escaping @Sendable (any EventLoop) throws -> Self
    ) async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let run = try await eventLoop.submit {
            let run = try make(eventLoop)
            run.start()
            return NIOLoopBound(run, eventLoop: eventLoop)
        }.get()
        let signals = Task {
            await withDiscardingTaskGroup { group in
                var isStopping = false
                for await signal in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
                    if isStopping { signal.endProcess() }
                    isStopping = true
                    eventLoop.execute { run.value.stop() }
                    group.addTask {
                        // Cancelled where the run has ended.
                        guard (try? await Task.sleep(for: patience)) != nil else { return }
                        signal.endProcess()
                    }
                }
            }
        }
        defer { signals.cancel() }
        switch try await eventLoop.flatSubmit({ run.value.end }).get() {
        case .done:
            break
        case .failed:
            throw ExitCode(1)
        case .refused(let detail):
            terminal.complain("The relay refused. \(ForeignText.line(detail))")
            throw ExitCode(1)
        case .foreign(let words):
            terminal.complain(CommandEnd.foreignness(at: relay, saying: words))
            throw ExitCode(1)
        case .revoked(let code):
            terminal.complain(CommandEnd.revocation(code: code))
            throw ExitCode(1)
        case .unreachable(let detail):
            terminal.complain("Cannot reach \(relay): \(ForeignText.line(detail)).")
            throw ExitCode(2)
        }
    }
}

extension CommandEnd {
    /// The message for `revoked`.
    static func revocation(code: Int) -> String {
        "What this was connected with is not valid any more (\(code)): the token or the secret was revoked or has "
            + "expired, or the bot was removed. Ask the relay's operator for another."
    }

    /// The message for `foreign`.
    ///
    /// - Parameter relay: the relay's address, as it was given.
    static func foreignness(at relay: String, saying words: String?) -> String {
        let said = words.map { " (\(ForeignText.line($0)))" } ?? ""
        return "What answers at \(relay) is not a Hookwire relay\(said): check --relay, and a proxy before the relay."
    }

    /// A subscription's end.
    init(_ failure: SubscriptionStateMachine.Failure) {
        switch failure {
        case .refused(let refusal) where refusal.isRelays: self = .refused(refusal.text)
        case .refused(let refusal): self = .foreign(refusal.status == 0 ? nil : refusal.text)
        case .revoked(let code): self = .revoked(code: code)
        case .unreachable(let detail): self = .unreachable(detail)
        }
    }
}
