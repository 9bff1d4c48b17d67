// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import RedisBroker

/// What an error line says, and what of it is shown.
@Suite struct RedisErrorTests {
    /// The code is the first word.
    @Test(arguments: [
        ("NOSCRIPT No matching script. Please use EVAL.", "NOSCRIPT"),
        ("ERR", "ERR"),
        ("", ""),
        // As Redis 6.2 has it.
        (
            "ERR Error running script (call to f_ab): @user_script:50: @user_script: 50: -READONLY You can't write",
            "READONLY"
        ),
        ("ERR Error running script (call to f_ab): @user_script:3: WRONGTYPE Operation against a key", "WRONGTYPE"),
        ("@user_script: 50: -OOM command not allowed when used memory > 'maxmemory'.", "OOM"),
        ("ERR Error running script (call to f_ab): @user_script:7: attempt to compare nil with number", "ERR"),
        // As Redis 7 has it.
        ("READONLY You can't write against a read only replica. script: ab, on @user_script:50.", "READONLY"),
        ("ERR unknown command '@user_script: 1: -OOM x'", "ERR"),
        // As 7.0 has what the user lacks the rights for.
        (
            "ERR The user executing the script can't run this command or subcommand script: ab, on @user_script:9.",
            "NOPERM"
        ),
        ("ERR unknown command 'The user executing the script can't run'", "ERR"),
    ])
    func code(line: String, code: String) {
        #expect(RedisError.command(line).code == code)
    }

    /// Errors of one command, of the server and of the connection are kept apart.
    @Test func meaning() {
        for line in ["ERR syntax error", "NOSCRIPT No", "WRONGTYPE Operation", "BUSYGROUP Consumer", "ASK 1 a:1", ""] {
            guard case .command = RedisError.command(line).meaning else {
                Issue.record("\(line)")
                continue
            }
        }
        let forbidden = "ERR The user executing the script can't run this command or subcommand script: ab"
        for line in [
            "OOM command not allowed", "MISCONF Redis", "BUSY Redis", "NOREPLICAS Not", "MOVED 1 a:1", forbidden,
        ] {
            guard case .refusing = RedisError.command(line).meaning else {
                Issue.record("\(line)")
                continue
            }
        }
        for (line, expected) in [
            ("NOAUTH Authentication required.", RedisLossReason.authenticationFailed), ("LOADING Redis", .loading),
            ("READONLY You can't write against a read only replica.", .notPrimary), ("MASTERDOWN Link", .notPrimary),
        ] {
            guard case .connection(let reason) = RedisError.command(line).meaning else {
                Issue.record("\(line)")
                continue
            }
            #expect(reason == expected)
        }
    }

    /// What Redis quotes may be an argument, and is not shown; neither is what would break a log line.
    @Test func description() {
        let echo = RedisError.command("ERR unknown command 'FOO', with args beginning with: 'secret' ")
        #expect("\(echo)" == "Redis answered with an error: ERR unknown command ")
        let control = RedisError.command("ERR a\nb\0c é " + String(repeating: "x", count: 500))
        #expect("\(control)".hasPrefix("Redis answered with an error: ERR a?b?c ? xxx"))
        #expect("\(control)".count < 160)
    }

    /// Redis' own sentences are shown whole, for they hold no arguments; what a script adds to them is not.
    @Test(arguments: [
        (
            "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands "
                + "that may modify the data set are disabled",
            "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk"
        ),
        (
            "OOM command not allowed when used memory > 'maxmemory'. script: ab, on @user_script:12.",
            "OOM command not allowed when used memory > 'maxmemory'"
        ),
        (
            "ERR Error running script (call to f_ab): @user_script:50: @user_script: 50: -READONLY You can't write "
                + "against a read only replica.",
            "READONLY You can't write against a read only replica"
        ),
        (
            "ERR The user executing the script can't access at least one of the keys mentioned in the command "
                + "arguments script: ab, on @user_script:12.",
            "ERR The user executing the script can't access at least one of the keys mentioned in the command arguments"
                + "; ACL LOG on Redis says which"
        ),
        (
            "ERR The user executing the script can't run this command or subcommand script: ab, on @user_script:9.",
            "ERR The user executing the script can't run this command or subcommand; ACL LOG on Redis says which"
        ),
        (
            "MOVED 866 127.0.0.1:7000",
            "MOVED 866 127.0.0.1:7000; the URL of a Redis Cluster begins with redis+cluster://, by TLS with "
                + "rediss+cluster://"
        ),
    ])
    func sentences(line: String, shown: String) {
        #expect("\(RedisError.command(line))" == "Redis answered with an error: \(shown)")
    }

    /// What a user may not do is named, so that its rights can be mended.
    @Test(arguments: [
        (
            "NOPERM User a has no permissions to run the 'hvals' command",
            "NOPERM User a has no permissions to run the 'hvals' command"
        ),
        (
            "NOPERM this user has no permissions to run the 'xgroup|create' command or its subcommand",
            "NOPERM this user has no permissions to run the 'xgroup|create' command"
        ),
        ("NOPERM a has no permissions to run the 'Secret 1' command", "NOPERM a has no permissions to run the "),
        ("ERR a has no permissions to run the 'secret' command", "ERR a has no permissions to run the "),
        ("NOPERM No permissions to access a key", "NOPERM No permissions to access a key"),
    ])
    func namesTheCommand(line: String, shown: String) {
        #expect("\(RedisError.command(line))" == "Redis answered with an error: \(shown)")
    }
}
