// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// The first commands of a connection and what their answers mean: AUTH, SELECT, CLIENT SETNAME, ROLE, since a replica
/// accepts commands but no writes, and a PING that shows whether the server is available. All are pipelined. A
/// connection starts in RESP2, so there is no HELLO.
struct RedisHandshake {
    /// What a connection is for: Redis' `CLIENT LIST` shows it.
    enum Purpose: String, Sendable {
        case commands
        case subscriptions
        case slots
    }

    private enum Step {
        case authenticate
        case selectDatabase
        case setName
        case role
        case ping
    }

    private var steps: ArraySlice<Step>
    /// A tolerated error that may explain why the server closes the connection next.
    private var refusal: RedisError?
    private let role: RedisRole

    /// - Parameters:
    ///   - role: what answers there.
    ///   - commands: to be sent in this order.
    static func start(
        credentials: RedisCredentials?,
        database: Int,
        clientName: String,
        role: RedisRole = .primary
    ) -> (handshake: RedisHandshake, commands: [RESPCommand]) {
        var steps: [Step] = []
        var commands: [RESPCommand] = []
        if let credentials {
            steps.append(.authenticate)
            let user: [RESPArgument] = credentials.user.map { [.string($0)] } ?? []
            commands.append(RESPCommand("AUTH", user + [.secret(credentials.password)]))
        }
        if database != 0 {
            steps.append(.selectDatabase)
            commands.append(RESPCommand("SELECT", .integer(database)))
        }
        steps.append(.setName)
        commands.append(RESPCommand("CLIENT", "SETNAME", .string(clientName)))
        if role != .clusterNode {
            steps.append(.role)
            commands.append(RESPCommand("ROLE"))
        }
        steps.append(.ping)
        commands.append(RESPCommand("PING"))
        return (RedisHandshake(steps: steps[...], role: role), commands)
    }

    enum ReplyAction: Equatable {
        /// Wait for the replies that are still to come.
        case wait
        /// The connection is ready.
        case finish
        /// The connection must be closed.
        case fail(RedisLoss)
    }

    /// The next reply came.
    mutating func replyReceived(_ reply: RESPValue) -> ReplyAction {
        guard let step = self.steps.popFirst() else { return .fail(RedisLoss(.unexpectedReply)) }
        if let loss = self.loss(at: step, by: reply) { return .fail(loss) }
        if self.refusal == nil, case .error(let line) = reply { self.refusal = .command(line) }
        return self.steps.isEmpty ? .finish : .wait
    }

    private func loss(at step: Step, by reply: RESPValue) -> RedisLoss? {
        guard case .error(let line) = reply else {
            guard step == .role, case .array(let role) = reply else { return nil }
            switch self.role {
            // A replica says `slave`.
            case .primary: return role.first?.string == "master" ? nil : RedisLoss(.notPrimary)
            case .clusterNode: return nil
            case .sentinel: return role.first?.string == "sentinel" ? nil : RedisLoss(.notSentinel)
            }
        }
        let error = RedisError.command(line)
        switch (step, error.meaning) {
        case (_, .connection(let reason)):
            return RedisLoss(reason, "\(error)")
        case (.authenticate, _) where line.hasPrefix("ERR max number of clients"):
            return RedisLoss(.handshakeRefused, "\(error)")
        case (.authenticate, _):
            // A server that does not know AUTH echoes its arguments: nothing but the code is shown.
            return RedisLoss(.authenticationFailed, String(error.code.prefix(32)))
        case (.selectDatabase, _):
            return RedisLoss(.databaseRefused, "\(error)")
        case (.setName, _), (.role, _):
            // The user may lack permission for these, which are optional: the name helps operators, and a write reveals
            // the role.
            return nil
        case (.ping, .refusing):
            // The connection works, and its health reports the rest.
            return nil
        case (.ping, .command):
            return RedisLoss(.handshakeRefused, "\(error)")
        }
    }

    /// The loss of a connection during its handshake, with a possible explanation.
    func explained(_ loss: RedisLoss) -> RedisLoss {
        guard loss.reason == .peerClosed, loss.detail == nil else { return loss }
        if let refusal { return RedisLoss(.handshakeRefused, "\(refusal)") }
        return RedisLoss(.peerClosed, "before it answered: is TLS on at both ends, or at neither?")
    }
}
