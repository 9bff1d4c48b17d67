// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// An error that Redis answered a command with.
enum RedisError: Error, Hashable {
    /// The whole error line, its code first. It may echo arguments of the command: show `description` instead.
    case command(String)
}

extension RedisError {
    /// The first word of the error line: `NOSCRIPT`, `WRONGTYPE`, `ERR` …; for an error within a script, that error's
    /// code; `NOPERM` for missing permissions within one.
    var code: Substring {
        let statement = self.statement
        return Self.isScriptForbidden(statement) ? "NOPERM" : statement.prefix { $0 != " " }
    }

    /// The error line from its code on, without its location in a script.
    private var statement: Substring {
        switch self {
        case .command(let line): Self.statementInScript(line) ?? line[...]
        }
    }

    /// Before 7.0 Redis says where in the script it was, and what, behind a word of its own: `ERR Error running script
    /// (call to f_…): @user_script:50: @user_script: 50: -READONLY You can't write …`, and for an error that the script
    /// hands on: `@user_script: 50: -READONLY …`.
    private static func statementInScript(_ line: String) -> Substring? {
        guard line.hasPrefix("ERR Error running script") || line.hasPrefix("@user_script"),
            let place = line.ranges(of: "@user_script:").last
        else { return nil }
        var rest = line[place.upperBound...].drop { $0 == " " || $0.isNumber }
        guard rest.hasPrefix(": ") else { return nil }
        rest = rest.dropFirst(2)
        if rest.hasPrefix("-") { rest = rest.dropFirst() }
        let word = rest.prefix { $0 != " " }
        return !word.isEmpty && word.allSatisfy { $0.isASCII && $0.isUppercase } ? rest : nil
    }

    /// What Redis says where the user's rights lack a command, a key or a channel within a script: 6.2 behind `NOPERM`,
    /// 7.0 behind `ERR`.
    private static let scriptRights = "The user executing the script can't "

    private static func isScriptForbidden(_ statement: Substring) -> Bool {
        ["ERR ", "NOPERM "].contains { statement.hasPrefix($0 + Self.scriptRights) }
    }

    /// What an error means for the server as a whole.
    enum Meaning {
        /// It concerns this command only.
        case command
        /// The server refuses work at present, and another connection would not change that.
        case refusing
        /// This connection is unusable: a new one may work.
        case connection(RedisLossReason)
    }

    /// The meaning by the code (redis.io, and Redis' `shared` error replies in `server.c`).
    var meaning: Meaning {
        switch self.code {
        case "NOAUTH": .connection(.authenticationFailed)
        case "LOADING": .connection(.loading)
        // After a failover the same address or name may lead to the new primary.
        case "READONLY", "MASTERDOWN": .connection(.notPrimary)
        case "MISCONF", "OOM", "NOREPLICAS", "BUSY", "NOPERM", "MOVED", "CLUSTERDOWN": .refusing
        default: .command
        }
    }
}

extension RedisError {
    /// Whether pings still succeed during this error: only a command of the same kind shows that it is over.
    var isUnseenByPings: Bool { ["OOM", "NOREPLICAS", "MOVED", "NOPERM"].contains(self.code) }

    /// Whether the user lacks a permission. How serious that is depends on the command: a node can do most of its work
    /// without some of them.
    var isForbidden: Bool { self.code == "NOPERM" }
}

extension RedisError: CustomStringConvertible {
    /// The longest part of an error line that is shown.
    private static let shownCharacters = 120
    /// What follows these is Redis' own text, without arguments.
    private static let plainCodes: Set<Substring> = [
        "MISCONF", "OOM", "NOREPLICAS", "BUSY", "CLUSTERDOWN", "LOADING", "READONLY", "MASTERDOWN", "NOAUTH",
    ]

    /// The error line without possible arguments, which Redis quotes in errors about a command. For a command that the
    /// user may not run it quotes the name, except within a script.
    var description: String {
        let statement = self.statement
        let isPlain = Self.plainCodes.contains(self.code) || Self.isScriptForbidden(statement)
        let shown = isPlain ? Self.sentence(statement) : statement.prefix { !"'\"`".contains($0) }
        let characters = shown.prefix(Self.shownCharacters).map { $0.isASCII && !$0.isNewline && $0 != "\0" ? $0 : "?" }
        let command = Self.forbiddenCommand(statement).map { "'\($0)' command" } ?? ""
        let hint =
            if self.code == "MOVED" {
                "; the URL of a Redis Cluster begins with redis+cluster://, by TLS with rediss+cluster://"
            } else if Self.isScriptForbidden(statement) { "; ACL LOG on Redis says which" } else { "" }
        return "Redis answered with an error: \(String(characters))\(command)\(hint)"
    }

    /// The first sentence, without its full stop; and without the script and the line that Redis 7 names behind it.
    private static func sentence(_ statement: Substring) -> Substring {
        let end = [". ", " script: "].compactMap { statement.firstRange(of: $0)?.lowerBound }.min()
        let sentence = statement[..<(end ?? statement.endIndex)]
        return sentence.hasSuffix(".") ? sentence.dropLast() : sentence
    }

    /// `NOPERM User a has no permissions to run the 'hvals' command`; before 7.0 `NOPERM this user has no …`.
    private static func forbiddenCommand(_ line: Substring) -> Substring? {
        guard line.hasPrefix("NOPERM "), let start = line.firstRange(of: " permissions to run the '")?.upperBound
        else { return nil }
        let name = line[start...].prefix { $0 != "'" }
        let isName = name.allSatisfy { $0.isASCII && ($0.isLowercase || "-_|".contains($0)) }
        return isName && !name.isEmpty && name.count <= 32 ? name : nil
    }
}
