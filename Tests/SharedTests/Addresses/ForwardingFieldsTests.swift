// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import SeededRandom
import Testing

@testable import Shared

/// Where a client is, by the words of proxies that are trusted, and of nobody else.
@Suite struct ForwardingFieldsTests {
    private static func client(
        _ peer: String,
        trusting proxies: String?,
        _ fields: HTTPHeaders
    ) throws -> ClientAddress {
        let trusted = try proxies.map { try #require(TrustedProxies($0)) }
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/", headers: fields)
        let request = try #require(
            HTTPRequest(
                head: head,
                body: ByteBuffer(),
                remoteAddress: try SocketAddress(ipAddress: peer, port: 4_000),
                proxies: trusted
            )
        )
        return request.clientAddress
    }

    private static func known(_ text: String) throws -> ClientAddress {
        .known(try #require(IPAddress(text)))
    }

    /// Nobody is believed who is not trusted.
    @Test func untrusted() throws {
        let fields: HTTPHeaders = ["Forwarded": "for=192.0.2.1", "X-Forwarded-For": "192.0.2.1"]
        #expect(try Self.client("198.51.100.7", trusting: nil, fields) == Self.known("198.51.100.7"))
        #expect(try Self.client("198.51.100.7", trusting: "10.0.0.0/8", fields) == Self.known("198.51.100.7"))
    }

    /// A near peer with such fields is a proxy that nobody has named: its clients have no address of their own.
    @Test(arguments: ["127.0.0.1", "10.1.2.3", "::1", "fd00::1", "::ffff:172.16.0.1"])
    func unnamed(peer: String) throws {
        for name in ["Forwarded", "X-Forwarded-For", "Via"] {
            #expect(try Self.client(peer, trusting: nil, [name: "1.1 x"]).key == nil)
        }
        #expect(try Self.client(peer, trusting: nil, [:]).key != nil)
    }

    /// The rightmost address that is not trusted is the client's, in every way that it is written.
    @Test(arguments: [
        ("Forwarded", "for=192.0.2.43", "192.0.2.43"),
        ("Forwarded", "For=\"192.0.2.43:47011\"; proto=https", "192.0.2.43"),
        ("Forwarded", "proto=http;FOR=\"[2001:db8:cafe::17]:4711\";by=203.0.113.43", "2001:db8:cafe::17"),
        ("Forwarded", "for=\"[2001:db8::1]\"", "2001:db8::1"),
        ("Forwarded", "for=203.0.113.9, for=192.0.2.43, for=10.0.0.3", "192.0.2.43"),
        ("Forwarded", "for=192.0.2.43;host=\"a, for=1.1.1.1\"", "192.0.2.43"),
        ("Forwarded", "for=\"9.9.9.9, for=192.0.2.43", "192.0.2.43"),
        ("Forwarded", "for=\"[2001:db8::1]:_p\", , for=10.0.0.1 ,", "2001:db8::1"),
        ("X-Forwarded-For", "203.0.113.9, 192.0.2.43", "192.0.2.43"),
        ("X-Forwarded-For", "203.0.113.9,192.0.2.43:8080 , 10.9.9.9", "192.0.2.43"),
        ("X-Forwarded-For", "[2001:db8::1]:443", "2001:db8::1"),
        ("X-Forwarded-For", "::ffff:192.0.2.43", "192.0.2.43"),
        ("X-Forwarded-For", "10.3.3.3, 10.2.2.2", "10.3.3.3"),
    ])
    func trusted(name: String, value: String, client: String) throws {
        #expect(try Self.client("10.0.0.9", trusting: "10.0.0.0/8", [name: value]) == Self.known(client))
    }

    /// Where the last trusted proxy does not tell, nobody's invention before it is taken.
    @Test(arguments: [
        ("Forwarded", "for=192.0.2.1, for=unknown"), ("Forwarded", "for=192.0.2.1, for=_hidden"),
        ("Forwarded", "for=192.0.2.1, by=10.0.0.1"), ("Forwarded", "for=192.0.2.1;for=192.0.2.2"),
        ("Forwarded", "for=2001:db8::1:1:1:1:1:1:1"), ("X-Forwarded-For", "192.0.2.1, unknown"),
        ("X-Forwarded-For", "192.0.2.1, 1.2.3"), ("X-Forwarded-For", "[192.0.2.1]"), ("X-Real-IP", "192.0.2.1"),
    ])
    func hidden(name: String, value: String) throws {
        #expect(try Self.client("10.0.0.9", trusting: "10.0.0.0/8", [name: value]).key == nil)
    }

    /// A proxy that writes the one field passes the other on as the client wrote it: the commoner one is believed.
    @Test func both() throws {
        let fields: HTTPHeaders = ["Forwarded": "for=192.0.2.1", "X-Forwarded-For": "192.0.2.43"]
        #expect(try Self.client("10.0.0.9", trusting: "10.0.0.0/8", fields) == Self.known("192.0.2.43"))
    }

    /// Lines of one name count as one list, in order.
    @Test func lines() throws {
        var fields = HTTPHeaders()
        fields.add(name: "X-Forwarded-For", value: "192.0.2.1")
        fields.add(name: "x-forwarded-for", value: "192.0.2.2")
        #expect(try Self.client("10.0.0.9", trusting: "private", fields) == Self.known("192.0.2.2"))
    }

    /// Neighbours in IPv6 are one client, in IPv4 they are not.
    @Test func neighbours() throws {
        let addresses = try ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "192.0.2.1", "192.0.2.2"].map {
            try #require(IPAddress($0)).client
        }
        #expect(addresses[0] == addresses[1])
        #expect(addresses[0] != addresses[2])
        #expect(addresses[3] != addresses[4])
        #expect(addresses[0].description == "2001:db8::")
    }

    /// Networks are read as they are written, and contain what they should.
    @Test func networks() throws {
        for bad in [
            "", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "::/129", "10.0.0/8", "loopback,", "a", "fe80::1%lo",
        ] {
            #expect(TrustedProxies(bad) == nil, "\(bad)")
        }
        let proxies = try #require(TrustedProxies("loopback, 192.0.2.0/25,2001:db8::/33,0.0.0.0/31"))
        for (text, isIn) in [
            ("127.255.0.1", true), ("::1", true), ("192.0.2.127", true), ("192.0.2.128", false),
            ("2001:db8:7fff::1", true), ("2001:db8:8000::1", false), ("0.0.0.1", true), ("0.0.0.2", false),
            ("::ffff:192.0.2.1", true), ("::2", false),
        ] {
            #expect(proxies.contains(try #require(IPAddress(text))) == isIn, "\(text)")
        }
        #expect(IPNetwork("0.0.0.0/0")?.contains(try #require(IPAddress("255.1.1.1"))) == true)
        #expect(IPNetwork("0.0.0.0/0")?.contains(try #require(IPAddress("::1"))) == false)
    }

    /// Whatever a client writes, the address that the trusted proxy appends behind it is the client's.
    @Test func fuzz() throws {
        var random = SeededRandom(for: "ForwardingFieldsTests.fuzz")
        let pieces = [
            "for=", "\"", "\\", ",", ";", " ", "=", "[", "]", ":", "10.0.0.1", "::1", "by=", "\t", "unknown", "_x", "é",
            "\u{1}",
        ]
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...12, using: &random)
            let invention = (0..<count).compactMap { _ in pieces.randomElement(using: &random) }.joined()
            for (name, own) in [("Forwarded", "for=192.0.2.43"), ("X-Forwarded-For", "192.0.2.43")] {
                let client = try Self.client("10.0.0.9", trusting: "private", [name: "\(invention), \(own)"])
                #expect(try client == Self.known("192.0.2.43"), "\(invention.debugDescription)")
                // What a proxy that is trusted passes on untouched may be anything, but never stops the node.
                _ = try Self.client("10.0.0.9", trusting: "private", [name: invention])
            }
        }
    }
}
