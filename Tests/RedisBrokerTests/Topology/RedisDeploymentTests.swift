// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@testable import RedisBroker

@Suite
struct RedisDeploymentTests {
    private static func error(_ text: String) -> RedisURLError? {
        do {
            _ = try RedisDeployment(text)
            return nil
        } catch {
            return error
        }
    }

    /// A list is split where a URL begins, and nowhere else: a comma may stand in a password.
    @Test func lists() throws {
        #expect(try RedisDeployment("redis://a") == .servers([RedisURL("redis://a")]))
        #expect(
            try RedisDeployment("redis://:x,y@a/1,rediss://b:7?ca=f,unix:///s,redis://:,redis@c")
                == .servers([
                    RedisURL("redis://:x,y@a/1"), RedisURL("rediss://b:7?ca=f"), RedisURL("unix:///s"),
                    RedisURL("redis://:,redis@c"),
                ])
        )
        #expect(Self.error("redis://a,redis://a:6379/2") == .sameServer)
        #expect(Self.error("redis+sentinel://s1,s1:26379,s2/main") == .sameServer)
        #expect(Self.error("redis://a,http://b") != nil)
        #expect(Self.error("") == .noScheme)
    }

    /// The sentinels have ports and credentials of their own; the database and the user's are those of Redis.
    @Test func sentinels() throws {
        let text = "redis+sentinel://relay:p%2Fw@s1,[::1]:7,s3:8/my%20x/3?sentinel-user=watch&sentinel-password=own"
        #expect(Self.error(text) == .noMaster)
        guard case .sentinel(let url) = try RedisDeployment(text.replacing("my%20x", with: "main")) else {
            Issue.record("no sentinels")
            return
        }
        #expect(url.master == "main")
        #expect(
            url.sentinels.map(\.address) == [.host("s1", port: 26_379), .host("::1", port: 7), .host("s3", port: 8)]
        )
        #expect(url.sentinels.allSatisfy { $0.credentials?.user == "watch" && $0.tls == nil })
        #expect(url.server.credentials == RedisCredentials(user: "relay", password: Secret("p/w")))
        #expect(url.server.database == 3)
        #expect("\(url)" == "redis+sentinel://s1:26379,[::1]:7,s3:8/main/3")
        #expect("\(RedisDeployment.sentinel(url))" == "\(url)")
    }

    /// TLS is spoken with the sentinels and with Redis, and without their own password they get none.
    @Test func sentinelsByTLS() throws {
        let text = "rediss+sentinel://:pw@s1:1/main?ca=ca.pem&cert=a.pem&key=a.key"
        guard case .sentinel(let url) = try RedisDeployment(text) else {
            Issue.record("no sentinels")
            return
        }
        let tls = RedisURL.TLS(certificateAuthorityFile: "ca.pem", certificateFile: "a.pem", keyFile: "a.key")
        #expect(url.server.tls == tls)
        #expect(url.sentinels[0].tls == tls && url.sentinels[0].credentials == nil)
    }

    /// What cannot be meant is refused, by a reason whose sentence repeats nothing of it.
    @Test(
        arguments: [
            ("redis+sentinel://s1", RedisURLError.noMaster), ("redis+sentinel:///main", .invalidHost),
            ("redis+sentinel://s1,/main", .invalidHost), ("redis+sentinel://s1:0/main", .invalidPort),
            ("redis+sentinel://s1/main/x", .invalidDatabase), ("redis+sentinel://s1/main?ca=f", .unknownParameter),
            ("rediss+sentinel://s1/main?cert=f", .certificateWithoutKey), ("rediss://a?key=f", .certificateWithoutKey),
            ("redis+sentinel://s1/main#x", .fragment), ("redis://a?cert=f&key=f", .unknownParameter),
        ]
    )
    func refusals(text: String, reason: RedisURLError) {
        #expect(Self.error(text) == reason)
    }
}
