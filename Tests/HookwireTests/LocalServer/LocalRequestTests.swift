// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import Testing

@testable import Hookwire

/// What of an event's request goes to the local server.
@Suite struct LocalRequestTests {
    private static func event(headers: String, query: String = "", path: String = "") -> ReceivedEvent {
        let more = #","query":"\#(query)","path":"\#(path)","headers":"\#(headers.replacing("\"", with: "\\\""))""#
        return Envelopes.event(1, more: more, data: #","data":{"a":1}"#)
    }

    private static func request(
        _ event: ReceivedEvent,
        to address: String,
        additions: [(name: String, value: String)] = []
    ) throws -> LocalRequest {
        LocalRequest(event, to: try #require(WebAddress(address)), additions: additions)
    }

    /// Order, case and repeats stay; host and length are told in their places; the connection's own fields go.
    @Test func headers() throws {
        let sent =
            #"[["X-A","1"],["host","relay"],["Keep-Alive","5"],["connection","X-Hop"],["x-hop","h"],["x-a","2"],"#
            + #"["CONTENT-LENGTH","99"],["Transfer-Encoding","chunked"],["Content-Type","application/json"]]"#
        let request = try Self.request(Self.event(headers: sent), to: "http://localhost:5000/")
        #expect(
            request.headers.map { "\($0.name): \($0.value)" } == [
                "X-A: 1", "host: localhost:5000", "x-a: 2", "CONTENT-LENGTH: 7", "Content-Type: application/json",
            ]
        )
    }

    /// What a request must have is added where the platform did not say it; additions replace fields of their name.
    @Test func additions() throws {
        let request = try Self.request(
            Self.event(headers: #"[["A","1"],["B","2"],["a","3"]]"#),
            to: "https://h/",
            additions: [("a", "own"), ("C", "new")]
        )
        #expect(
            request.headers.map { "\($0.name): \($0.value)" }
                == ["Host: h", "B: 2", "Content-Length: 7", "a: own", "C: new"]
        )
    }

    /// The address's path as it was given, the path's suffix, and both queries.
    @Test(arguments: [
        ("http://h", "", "", "/"), ("http://h/", "a=1", "", "/?a=1"), ("http://h/hook/", "", "", "/hook/"),
        ("http://h/hook/", "a=%20&b", "/x", "/hook/x?a=%20&b"), ("http://h/hook?k=v", "a=1", "", "/hook?k=v&a=1"),
    ])
    func targets(address: String, query: String, path: String, target: String) throws {
        #expect(try Self.request(Self.event(headers: "[]", query: query, path: path), to: address).target == target)
    }

    /// Addresses as people write them, and what is none.
    @Test func addresses() throws {
        let address = try #require(WebAddress("HTTPS://[::1]:8443/a/?b=c"))
        #expect(address.isTLS && address.host == "::1" && address.port == 8_443)
        #expect(
            address.authority == "[::1]:8443" && address.path == "/a/" && address.prefix == "/a"
                && address.query == "b=c"
        )
        #expect(try #require(WebAddress("http://h")).authority == "h")
        for text in [
            "h", "ftp://h", "http://", "http://:80", "http://u@h", "http://h:0", "http://h:x", "http://h/#f",
            "http://h/ ",
        ] {
            #expect(WebAddress(text) == nil, "\(text)")
        }
    }

    /// An answer as a reply: the fields of its connection are left out, repeats are kept.
    @Test func reply() {
        let answer = LocalAnswer(
            status: .created,
            headers: [
                "Set-Cookie": "a", "Connection": "X-Hop", "X-Hop": "1", "Content-Length": "2", "set-cookie": "\"b\"",
            ],
            body: ByteBuffer(bytes: [0, 255]),
            time: .zero
        )
        #expect(
            String(decoding: answer.reply(to: "t"), as: UTF8.self)
                == #"{"type":"reply","token":"t","status":201,"headers":[["Set-Cookie","a"],["set-cookie","\"b\""]],"body_base64":"AP8="}"#
        )
    }
}
