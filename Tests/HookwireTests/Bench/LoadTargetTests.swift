// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Hookwire

@Suite struct LoadTargetTests {
    /// The secret stands where the template says, in the path or in the query, as often as it says.
    @Test(arguments: [
        ("http://127.0.0.1:8080/webhook?secret={secret}", "/webhook?secret=S"),
        ("http://localhost/pub/{secret}?id={secret}&x=1", "/pub/S?id=S&x=1"),
        ("http://127.0.0.1:8080", "/"), ("http://127.0.0.1:8080?a={secret}", "/?a=S"),
    ])
    func fillsIn(template: String, path: String) throws {
        #expect(try LoadTarget(template, scheme: .http).path(secret: "S") == path)
    }

    /// Host and port are read, and written as the Host field has them.
    @Test(arguments: [
        ("http://127.0.0.1:8080/", "127.0.0.1", 8_080, "127.0.0.1:8080"),
        ("http://a.example/", "a.example", 80, "a.example:80"),
        ("http://[::1]:81/x", "::1", 81, "[::1]:81"), ("http://[::1]/x", "::1", 80, "[::1]:80"),
    ])
    func readsTheAuthority(template: String, host: String, port: Int, authority: String) throws {
        let target = try LoadTarget(template, scheme: .http)
        #expect(target.host == host)
        #expect(target.port == port)
        #expect(target.authority == authority)
    }

    /// What cannot be sent as it stands is refused with an example.
    @Test(arguments: [
        "", "127.0.0.1:8080/", "https://127.0.0.1/", "ws://127.0.0.1/", "http://", "http:///x", "http://a:0/",
        "http://a:x/", "http://[::1", "http://::1/",
        "http://a:65536/", "http://user@a/", "http://a/ b", "http://a/#b", "http://a/\r\nX: y",
    ])
    func refuses(template: String) {
        #expect(throws: SettingsError.self) { try LoadTarget(template, scheme: .http) }
    }

    /// Only what is certain to be this machine counts as this machine.
    @Test(arguments: [
        ("127.0.0.1", true), ("127.1.2.3", true), ("[::1]", true), ("localhost", true), ("0.0.0.0", false),
        ("192.168.0.1", false), ("128.0.0.1", false), ("[::2]", false), ("localhost.example", false),
        ("127.0.0.1.example", false),
    ])
    func knowsLoopback(host: String, isLoopback: Bool) throws {
        #expect(try LoadTarget("ws://\(host):1/", scheme: .ws).isLoopback == isLoopback)
    }
}
