// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import Testing

@testable import Egress

/// What the platform is asked for in a client's place.
@Suite struct QQTargetTests {
    /// A target goes on as it came, but for what cannot stand in one: that is encoded, byte for byte and once.
    @Test(arguments: [
        ("/v2/users/a/messages", "", "/v2/users/a/messages"),
        ("/a%2Fb%20c/@me;x=1:2", "q=a/b?c%26d&e=+", "/a%2Fb%20c/@me;x=1:2?q=a/b?c%26d&e=+"),
        ("//a/./...", "", "//a/./..."), ("/a/../b/c/../..", "", "/a/../b/c/../.."), ("/a%2Fb/..", "", "/a%2Fb/.."),
        ("/a{b}|c\\d^`\"<>[e]", "x=[1]", "/a%7Bb%7D%7Cc%5Cd%5E%60%22%3C%3E%5Be%5D?x=%5B1%5D"),
        ("/a%2F{", "", "/a%2F%7B"), ("/100%", "", "/100%25"), ("/a%zz%2", "", "/a%25zz%252"),
        ("/\u{E9}\n", "", "/%C3%A9%0A"),
    ])
    func encoding(path: String, query: String, target: String) throws {
        #expect(try QQTarget.make(.GET, path: path, query: query[...]) == target)
    }

    /// Nothing leads out of the configured address, nor asks the platform for a tunnel.
    @Test(arguments: [
        "/..", "/../x", "/a/../..", "/%2e%2E/x", "/.%2e", "/..%2fx", "/a/..%2F..", "/a%2Fb/../..", "/\\..\\x", "//../x",
        "/a//../../x", "/./../x",
    ])
    func waysOut(path: String) {
        #expect(throws: QQRefusal.badTarget) { try QQTarget.make(.GET, path: path, query: "") }
        #expect(throws: QQRefusal.badTarget) { try QQTarget.make(.CONNECT, path: "/x", query: "") }
    }
}
