// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@testable import RedisBroker

/// URLs of Redis.
@Suite struct RedisURLTests {
    /// A host, with what may be left out.
    @Test(arguments: [
        ("redis://localhost", "localhost", 6379, 0),
        ("redis://localhost/", "localhost", 6379, 0),
        ("redis://localhost:", "localhost", 6379, 0),
        ("REDIS://localhost:7000/12", "localhost", 7000, 12),
        ("redis://10.0.0.1:1/0", "10.0.0.1", 1, 0),
        ("redis://[::1]:65535/1", "::1", 65535, 1),
        ("redis://[fe80::1]", "fe80::1", 6379, 0),
        ("redis://:@redis.example.org", "redis.example.org", 6379, 0),
    ])
    func hosts(text: String, host: String, port: Int, database: Int) throws {
        let url = try RedisURL(text)
        #expect(url.address == .host(host, port: port))
        #expect(url.database == database)
        #expect(url.tls == nil)
        #expect(url.credentials == nil)
    }

    /// Users and passwords, percent-decoded.
    @Test(arguments: [
        ("redis://:pass@h", nil, "pass"),
        ("redis://user:pass@h", "user", "pass"),
        ("redis://user@h", "user", ""),
        ("redis://us%40er:p%2Fa%3As%23%3F%25@h:1/2", "us@er", "p/a:s#?%"),
        ("redis://user:a:b@h", "user", "a:b"),
        ("redis://user:a@b@h", "user", "a@b"),
        ("unix://user:pass@/run/redis.sock", "user", "pass"),
    ])
    func credentials(text: String, user: String?, password: String) throws {
        let credentials = try #require(try RedisURL(text).credentials)
        #expect(credentials.user == user)
        #expect(credentials.password == Secret(password))
    }

    /// TLS, with a file of certificates of one's own.
    @Test func tls() throws {
        #expect(try RedisURL("rediss://h").tls == RedisURL.TLS(certificateAuthorityFile: nil))
        let url = try RedisURL("rediss://u:p@h:6380/1?ca=/etc/ca%20certs.pem")
        #expect(url.tls == RedisURL.TLS(certificateAuthorityFile: "/etc/ca certs.pem"))
        #expect(url.database == 1)
    }

    /// Unix domain sockets.
    @Test func unixSockets() throws {
        let url = try RedisURL("unix:///run/a%20b.sock?db=3")
        #expect(url.address == .unixSocket("/run/a b.sock"))
        #expect(url.database == 3)
        #expect(try RedisURL("unix:///run/redis.sock").database == 0)
    }

    /// What is wrong is said, and nothing of the URL is repeated.
    @Test(arguments: [
        ("", RedisURLError.noScheme),
        ("localhost:6379", .noScheme),
        ("http://h", .unknownScheme),
        ("redis://", .invalidHost),
        ("redis://:6379", .invalidHost),
        ("redis:///1", .invalidHost),
        ("redis://[::1", .invalidHost),
        ("redis://[::1]x", .invalidHost),
        ("redis://a b", .invalidHost),
        ("redis://h:0", .invalidPort),
        ("redis://h:65536", .invalidPort),
        ("redis://h:+1", .invalidPort),
        ("redis://:hunter2/x@h:6379", .invalidHost),
        ("redis://user:hunter2/x@h:6379", .invalidPort),
        ("redis://h/hunter2", .invalidDatabase),
        ("redis://h/-1", .invalidDatabase),
        ("redis://h/1/2", .invalidDatabase),
        ("redis://h/99999999999999999999", .invalidDatabase),
        ("redis://:hunter2%@h", .percentEncoding),
        ("redis://:hunter2%zz@h", .percentEncoding),
        ("redis://:hunter2#x@h", .fragment),
        ("redis://:hunter2?x@h", .invalidHost),
        ("redis://h?hunter2=1", .unknownParameter),
        ("redis://h?ca=/x", .unknownParameter),
        ("rediss://h?ca=", .unknownParameter),
        ("unix://host/run/redis.sock", .hostOfUnixSocket),
        ("unix://", .noPath),
        ("unix:///", .noPath),
        ("unix:///run/a%00b", .noPath),
        ("unix:///run/redis.sock?db=x", .invalidDatabase),
        ("unix:///run/redis.sock?ca=x", .unknownParameter),
    ])
    func errors(text: String, error: RedisURLError) {
        #expect(throws: error) { try RedisURL(text) }
        #expect(!"\(error)".contains("hunter2"))
    }

    /// However a URL is printed, neither the user nor the password is there.
    @Test func redacted() throws {
        let url = try RedisURL("rediss://someone:hunter2@h:6380/2?ca=/x")
        var dumped = ""
        dump(url, to: &dumped)
        for text in ["\(url)", String(reflecting: url), dumped, "\(url.credentials as Any)"] {
            #expect(!text.contains("hunter2"))
        }
        #expect("\(url)" == "rediss://h:6380/2")
        #expect("\(try RedisURL("redis://[::1]"))" == "redis://[::1]:6379/0")
        #expect("\(try RedisURL("unix://:p@/run/r.sock"))" == "unix:///run/r.sock?db=0")
    }

    /// A CA file that cannot be read is said before anything is connected.
    @Test func unreadableCertificates() throws {
        let url = try RedisURL("rediss://h?ca=/nonexistent/ca.pem")
        #expect(throws: RedisConfigurationError.certificateAuthorities(file: "/nonexistent/ca.pem")) {
            try RedisConfiguration(url: url)
        }
    }
}
