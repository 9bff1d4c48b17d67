// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Runs scripts by name, and sends their text where Redis does not know it: after a restart, a failover or a
/// `SCRIPT FLUSH`. Any thread.
struct RedisScripts: Sendable {
    let client: RedisClient

    /// Runs a script.
    ///
    /// - Parameters:
    ///   - place: of all the keys that it names.
    ///   - command: makes the command, from `EVALSHA` and the script's name, or from `EVAL` and its text.
    /// - Returns: a future on `eventLoop`; it fails as `RedisClient.send` says.
    func run(
        _ script: RedisScript,
        at place: RedisPlace,
        on eventLoop: any EventLoop,
        command: @escaping @Sendable (_ name: String, _ script: String) -> RESPCommand
    ) -> EventLoopFuture<RESPValue> {
        self.client.send(command("EVALSHA", script.name), at: place, on: eventLoop).flatMapError { error in
            // It was not run, so that running it now is no repetition. This also makes Redis remember it.
            guard Self.isUnknown(error) else { return eventLoop.makeFailedFuture(error) }
            return self.client.send(command("EVAL", script.source), at: place, on: eventLoop)
        }
    }
}

extension RedisScripts {
    /// Whether a call by name was not run, since Redis does not know the script.
    static func isUnknown(_ reply: Result<RESPValue, any Error>) -> Bool {
        if case .failure(let error) = reply { self.isUnknown(error) } else { false }
    }

    private static func isUnknown(_ error: any Error) -> Bool {
        (error as? RedisError)?.code == "NOSCRIPT"
    }
}

extension BrokerError {
    /// The broker's error for a failed command.
    init(_ error: any Error) {
        switch error {
        case let error as BrokerError:
            self = error
        case let error as RedisError:
            switch error.code {
            case "LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "BUSY", "TRYAGAIN": self = .unavailable
            default: self = .refused
            }
        default:
            self = .refused
        }
    }
}
