// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Egress
import Foundation
import Ingress
import NIOCore
import Shared
import Testing

@testable import Hookwire

@Suite struct NodeConfigurationTests {
    private func configuration(_ flags: [String: String?]) throws -> NodeConfiguration {
        try NodeConfiguration(try SettingsReader(flags: flags), tier: .both)
    }

    /// Without a word the documented defaults hold.
    @Test func defaults() throws {
        let configuration = try self.configuration([:])
        #expect(configuration.port == 8080)
        #expect(configuration.limits.body == 1 << 20)
        #expect(configuration.ingress.freshness == .minutes(5))
        #expect(configuration.ingress.replyTimeout == .milliseconds(4_500))
        #expect(configuration.egress.pingInterval == .seconds(25))
        #expect(configuration.retentionCount == 1_000)
        #expect(configuration.drain == .seconds(20))
    }

    /// A flag goes before the file.
    @Test func flagsGoBeforeTheFile() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "hookwire-\(UUID()).yaml").path
        try "port: 9000\nbody-limit: 2MiB\n".write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let configuration = try self.configuration(["config": path, "port": "9001"])
        #expect(configuration.port == 9001)
        #expect(configuration.limits.body == 2 << 20)
    }

    /// What cannot be used is named together with what it may be; it never becomes a default in silence.
    @Test(arguments: [
        ("port", "65536"), ("port", "http"), ("drain", "20"), ("body-limit", "1MB"), ("signature-check", "none"),
        ("log-level", "loud"), ("ping-interval", "1s"), ("retention-count", "0"), ("threads", "0"),
        ("qq-upstream", "api.sgroup.qq.com"), ("qq-upstream", "https://"), ("qq-upstream", "https://a?b"),
        ("qq-upstream", "https://u:p@a"), ("qq-token-upstream", "none"), ("public-url", "ftp://a"),
        ("qq-upstream", "http://127.0.0.1:99999"), ("qq-upstream", "http://:80"), ("qq-upstream", "http://[::1"),
        ("qq-token-upstream", "http://a:0"), ("public-url", "https://a:99999"), ("otlp-endpoint", "http://a:1:2"),
        ("qq-heartbeat", "0"), ("reply-timeout", "31s"), ("reply-timeout", "50ms"), ("data", ""),
        ("data-limit", "1MiB"),
    ])
    func refuses(name: String, value: String) throws {
        let error = #expect(throws: SettingsError.self) { _ = try self.configuration([name: value]) }
        let sentence = try #require(error?.message)
        #expect(sentence.contains("--\(name)"))
        #expect(sentence.contains("must be"))
    }

    /// What has no effect by itself is refused: whoever gives it wants something else than an open relay.
    @Test(arguments: [
        ("registry-key", String(repeating: "ab", count: 32), "--redis-url"),
        ("admin-port", "9000", "HOOKWIRE_ADMIN_TOKEN"),
        ("admin-host", "127.0.0.1", "HOOKWIRE_ADMIN_TOKEN"),
    ])
    func saysNothingAlone(name: String, value: String, missing: String) throws {
        let error = #expect(throws: SettingsError.self) { _ = try self.configuration([name: value]) }
        #expect(error?.message.contains("nothing without \(missing)") == true)
    }

    /// A URL's password is not repeated, however the URL is wrong, and whatever it is the password of.
    @Test(
        arguments: ["otlp-endpoint", "qq-upstream", "qq-token-upstream", "public-url"],
        ["https://user:HUSH@relay.example.com", "https://HUSH@a", "user:HUSH@a", "https://user:HUSH/HUSH@a/b?c"]
    )
    func repeatsNoPassword(name: String, value: String) throws {
        let error = #expect(throws: SettingsError.self) { _ = try self.configuration([name: value]) }
        let sentence = try #require(error?.message)
        #expect(sentence.contains("--\(name)") && sentence.contains("without user and password"))
        #expect(!sentence.contains("HUSH"))
    }

    /// Nor is a key in its query.
    @Test(arguments: ["otlp-endpoint", "qq-upstream", "qq-token-upstream", "public-url"])
    func repeatsNoQuery(name: String) throws {
        let error = #expect(throws: SettingsError.self) {
            _ = try self.configuration([name: "ftp://relay.example.com/a?key=HUSH"])
        }
        let sentence = try #require(error?.message)
        #expect(sentence.contains("ftp://relay.example.com/a?…") && !sentence.contains("HUSH"))
    }

    /// The same where the URL is in the file.
    @Test func repeatsNoPasswordOfTheFile() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "hookwire-\(UUID()).yaml").path
        try "public-url: https://user:HUSH@a\n".write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let error = #expect(throws: SettingsError.self) { _ = try self.configuration(["config": path]) }
        #expect(try #require(error?.message).contains("HUSH") == false)
    }

    /// Whoever gives the address of a collector's traces means the same collector.
    @Test(arguments: [
        ("http://c:4318", "http://c:4318"), ("http://c:4318/v1/traces", "http://c:4318"),
        ("https://c/otlp/v1/traces/", "https://c/otlp"), ("http://v1/traces", "http://v1/traces"),
    ])
    func collectors(given: String, address: String) throws {
        #expect(try self.configuration(["otlp-endpoint": given]).telemetry.endpoint == address)
    }

    /// Requests go to the platform, to the addresses that are named, or nowhere.
    @Test func upstreams() throws {
        let platform = QQConfiguration.Upstream.platform(
            api: "https://api.sgroup.qq.com",
            tokens: "https://bots.qq.com"
        )
        #expect(try self.configuration([:]).egress.qq.upstream == platform)
        #expect(try self.configuration(["qq-upstream": "none"]).egress.qq.upstream == .none)
        let own = try self.configuration([
            "qq-upstream": "http://127.0.0.1:9/base/", "qq-token-upstream": "https://tokens.example",
            "public-url": "https://relay.example.com/",
        ])
        #expect(
            own.egress.qq.upstream == .platform(api: "http://127.0.0.1:9/base", tokens: "https://tokens.example")
        )
        #expect(own.egress.qq.publicURL == "https://relay.example.com")
    }

    /// Settings that need each other are checked together.
    @Test(arguments: [
        ["tls-cert": "a.pem"], ["ping-interval": "10s", "pong-timeout": "9s"],
        ["ping-interval": "2950ms", "pong-timeout": "1900ms"],
        ["memory-limit": "1MiB", "body-limit": "1MiB"],
        ["data": "d", "redis-url": "redis://localhost"], ["data": "d", "data-limit": "16MiB", "body-limit": "1MiB"],
    ])
    func refusesCombinations(flags: [String: String?]) throws {
        #expect(throws: SettingsError.self) { _ = try self.configuration(flags) }
    }

    /// What is no matter of this node may be said to all.
    @Test(arguments: [
        ["memory-limit": "1MiB", "body-limit": "1MiB", "redis-url": "redis://localhost"],
        ["memory-limit": "1MiB", "body-limit": "1MiB", "data": "d"],
    ])
    func allowsCombinations(flags: [String: String?]) throws {
        _ = try self.configuration(flags)
    }

    /// The admin API has a port of its own, or an address of its own.
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.2", true), ("127.0.0.1", "127.0.0.1", false), ("0.0.0.0", "127.0.0.1", false),
        ("127.0.0.1", "::", false),
    ])
    func adminPorts(host: String, adminHost: String, isAllowed: Bool) throws {
        let flags = [
            "host": host, "admin-host": adminHost, "port": "8080", "admin-port": "8080", "bots": "bots.yaml",
            "admin-token": String(repeating: "a", count: 32),
        ]
        let error: SettingsError?
        do throws(SettingsError) {
            _ = try NodeConfiguration(SettingsReader(flags: flags), tier: .both)
            error = nil
        } catch let fault {
            error = fault
        }
        #expect((error == nil) == isAllowed, "\(error?.message ?? "")")
    }

    /// A tier of its own has no log of its own.
    @Test(arguments: [Tier.ingress, .egress], ["redis://localhost", nil] as [String?])
    func refusesDataOfOneTier(tier: Tier, redis: String?) throws {
        let reader = try SettingsReader(flags: ["data": "d", "redis-url": redis])
        let error = #expect(throws: SettingsError.self) { _ = try NodeConfiguration(reader, tier: tier) }
        #expect(try #require(error?.message).contains("is for hookwire serve alone: leave it out."))
    }

    /// A file that is not there is an error, not a node with defaults.
    @Test func refusesAMissingFile() throws {
        #expect(throws: SettingsError.self) {
            _ = try self.configuration(["config": "/nowhere/hookwire.yaml"])
        }
    }

    /// The variable of a setting is spelled as the help says.
    @Test func environmentName() {
        #expect(Setting<String>.text("redis-url").environmentName == "HOOKWIRE_REDIS_URL")
    }

    /// Where only registered bots are served, it must be said where they are; a tier does not start without.
    @Test func registeredNeedsAStore() throws {
        let error = #expect(throws: SettingsError.self) {
            _ = try self.configuration(["access": "registered"])
        }
        #expect(error?.message.contains("--bots") == true && error?.message.contains("HOOKWIRE_REGISTRY_KEY") == true)
        let configuration = try self.configuration(["access": "registered", "bots": "bots.yaml"])
        #expect(configuration.access == .registered)
        guard case .file("bots.yaml") = configuration.registry else {
            Issue.record("the file is not where the bots are")
            return
        }
    }

    /// A file of bots is no configuration: without this it would be an open relay's, without a word.
    @Test func botsAreNoConfiguration() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "hookwire-\(UUID()).yaml").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try "# bots\nbots: \n  a: {platform: qq, secret: longenough}\n".write(
            toFile: path,
            atomically: true,
            encoding: .utf8
        )
        let error = #expect(throws: SettingsError.self) { _ = try self.configuration(["config": path]) }
        #expect(error?.message.contains("Did you mean --bots") == true)
    }

    /// A secret may be in a file that is named in its place, whose line end is no part of it, and not in both.
    @Test func secretsFromFiles() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hookwire-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try "0123456789abcdef\n".write(toFile: "\(folder)/token", atomically: true, encoding: .utf8)
        try "short\n".write(toFile: "\(folder)/short", atomically: true, encoding: .utf8)
        func configuration(_ yaml: String) throws -> NodeConfiguration {
            try ("bots: bots.yaml\n" + yaml).write(toFile: "\(folder)/config.yaml", atomically: true, encoding: .utf8)
            return try self.configuration(["config": "\(folder)/config.yaml"])
        }
        #expect(try configuration("admin-token-file: \(folder)/token\n").adminToken == Secret("0123456789abcdef"))
        for yaml in [
            "admin-token-file: \(folder)/none\n", "admin-token-file: \(folder)/short\n",
            "admin-token-file: \(folder)/token\nadmin-token: 0123456789abcdef\n",
        ] {
            let error = #expect(throws: SettingsError.self) { _ = try configuration(yaml) }
            #expect(error?.message.contains("HOOKWIRE_ADMIN_TOKEN") == true)
            #expect(error?.message.contains("0123456789abcdef") == false)
        }
    }
}
