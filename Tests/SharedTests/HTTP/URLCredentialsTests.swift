// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import Testing

@testable import Shared

@Suite struct URLCredentialsTests {
    private static let names = ["secret", "token", "aes_key"]

    private func stand(in value: String, of query: String) -> Bool {
        URLCredentials(in: QueryParameters(encoded: query[...]), named: Self.names).stand(in: value)
    }

    /// A URL's secret is found in it, however often it was encoded on the way, and in whatever it stands.
    @Test(
        arguments: [
            ("secret=abc", "/webhook?secret=abc"), ("secret=abc", "https://a.example/webhook?x=1&secret=abc&y=2"),
            ("secret=abc", "\"/webhook?secret=abc\""), ("secret=abc", "/login?rd=%2Fwebhook%3Fsecret%3Dabc"),
            ("secret=abc", "/login?rd=%252Fwebhook%253Fsecret%253Dabc"), ("secret=abc", "secret%25253Dabc"),
            ("a=1&token=t", "/?token=t"), ("aes_key=k", "/?aes_key=k"), ("s%65cret=abc", "/?secret=abc"),
            ("secret=a%2Bb", "/?secret=a%2Bb"), ("secret=a%2Bb", "/?secret=a+b"), ("secret=a+b", "/?secret=a+b"),
            ("secret=a%2Bb", "/?rd=%3Fsecret%3Da%252Bb"), ("secret=a+b", "/?rd=%3Fsecret%3Da%2Bb"),
            ("secret=%E5%AF%86", "/?secret=密"), ("secret=密", "/?secret=%E5%AF%86"), ("secret=%zz", "/?secret=%zz"),
            ("secret=one&secret=two", "/?secret=two"),
        ]
    )
    func found(query: String, value: String) {
        #expect(self.stand(in: value, of: query))
    }

    /// What only looks alike stays, and so does what is no credential.
    @Test(
        arguments: [
            ("secret=abc", "/webhook?secret=abd"), ("secret=abc", "abc"),
            ("secret=abc", "application/json; charset=abc"),
            ("secret=", "/?secret="), ("secret", "/?secret="), ("scheme=none", "/?scheme=none"), ("", "/?secret=abc"),
            ("secret=abc", ""), ("secret=abc", "="), ("secret=abc", "%"), ("secret=abc", "100%3"),
        ]
    )
    func kept(query: String, value: String) {
        #expect(!self.stand(in: value, of: query))
    }

    /// A long secret is known by its beginning, and many of them take no longer than a few.
    @Test func bounds() {
        let long = String(repeating: "a", count: 8_000)
        #expect(self.stand(in: "/?secret=\(long)", of: "secret=\(long)"))
        let many = (0..<500).map { "secret=\($0)x" }.joined(separator: "&")
        #expect(self.stand(in: "/?secret=1x", of: many))
        #expect(!self.stand(in: "/?secret=499x", of: many))
    }

    /// Fields that have none are the same ones as before, and not made into text.
    @Test func fields() throws {
        func fields(_ lines: [(name: String, value: String)]) -> RequestFields {
            var (bytes, marks) = (ByteBuffer(), [FieldMark]())
            for (name, value) in lines {
                let start = bytes.writerIndex
                bytes.writeString("\(name): \(value)\r\n")
                marks.append(
                    FieldMark(
                        nameStart: UInt16(start),
                        nameLength: UInt16(name.utf8.count),
                        valueStart: UInt16(start + name.utf8.count + 2),
                        valueLength: UInt16(value.utf8.count)
                    )
                )
            }
            return RequestFields(FieldLines(bytes: bytes, marks: marks))
        }
        let plain = [("Host", "a"), ("Content-Type", "application/json; charset=utf-8")]
        let query = QueryParameters(encoded: "secret=abc"[...])
        let some = fields(plain + [("X-Original-URI", "/?secret=abc"), ("Authorization", "a")])
        #expect(some.withoutCredentials(of: query, named: Self.names).headers.map(\.name) == plain.map(\.0))
        for kept in [plain, plain + [("Referer", "https://a.example/?a=%20&monkey=secret=")]] {
            guard case .lines = fields(kept).withoutCredentials(of: query, named: Self.names).form else {
                Issue.record("made into text")
                return
            }
        }
    }
}
