// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@testable import RedisBroker

/// The URL of a cluster.
@Suite struct RedisClusterURLTests {
    /// All hosts share what stands before and behind them.
    @Test func parts() throws {
        let url = try RedisClusterURL("rediss+cluster://user:p%40ss@a,b:7001,[::1]:7002?ca=/ca.pem")
        #expect(url.seeds.map(\.host) == ["a", "b", "::1"])
        #expect(url.seeds.map(\.port) == [6_379, 7_001, 7_002])
        for server in url.servers {
            #expect(server.credentials == RedisCredentials(user: "user", password: Secret("p@ss")))
            #expect(server.tls?.certificateAuthorityFile == "/ca.pem")
            #expect(server.database == 0)
        }
    }

    /// Whatever is printed holds no password.
    @Test func description() throws {
        let url = try RedisClusterURL("redis+cluster://u:hush@a:1,b:2/")
        #expect("\(url)" == "redis+cluster://a:1,b:2")
        #expect(String(reflecting: url) == "redis+cluster://a:1,b:2")
        #expect("\(try RedisDeployment("redis+cluster://u:hush@a:1,b:2"))" == "redis+cluster://a:1,b:2")
        #expect(try RedisConfiguration(cluster: url).name == "redis+cluster://a:1,b:2")
    }

    /// What cannot be used is refused with a reason.
    @Test(arguments: [
        ("redis+cluster://a/1", RedisURLError.databaseOfCluster), ("redis+cluster://a,", .invalidHost),
        ("redis+cluster://", .invalidHost), ("redis+cluster://a:0", .invalidPort), ("redis+cluster:a", .noScheme),
        ("redis+cluster://a?db=1", .unknownParameter), ("redis+cluster://a#x", .fragment),
        ("redis://a", .unknownScheme),
        ("redis+cluster://" + Array(repeating: "a", count: 101).joined(separator: ","), .tooManyHosts),
    ])
    func refused(_ text: String, _ error: RedisURLError) {
        #expect(throws: error) { try RedisClusterURL(text) }
    }

    /// The scheme says what kind of deployment it is.
    @Test func deployments() throws {
        #expect(try RedisDeployment("redis://a/1") == .servers([RedisURL("redis://a/1")]))
        #expect(try RedisDeployment("REDIS+CLUSTER://a") == .cluster(RedisClusterURL("redis+cluster://a")))
    }
}
