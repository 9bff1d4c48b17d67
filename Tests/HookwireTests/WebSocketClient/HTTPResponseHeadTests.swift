// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Hookwire

/// The head of a response is read as RFC 9110 and 9112 have it.
@Suite struct HTTPResponseHeadTests {
    private static func head(_ fields: String...) -> HTTPResponseHead? {
        HTTPResponseHead(Array("HTTP/1.1 503 No\r\n\(fields.map { $0 + "\r\n" }.joined())\r\n".utf8))
    }

    /// White space around a value is none of it, and what is within is.
    @Test(arguments: ["x: a b", "x:a b", "x: \t a b", "x:a b ", "x: a b \t \t"])
    func whiteSpace(field: String) throws {
        let head = try #require(Self.head(field))
        #expect(head.field("x") == "a b")
    }

    /// So it is around a length, and around values that are joined.
    @Test func lengths() throws {
        #expect(try #require(Self.head("Content-Length: 3 ")).framing == .length(3))
        #expect(try #require(Self.head("Transfer-Encoding: gzip, chunked\t")).framing == .chunked)
        #expect(try #require(Self.head("x: a ", "X:\tb ", "x: ")).field("x") == "a, b, ")
        #expect(Self.head("Content-Length: 3 3") == nil)
    }
}
