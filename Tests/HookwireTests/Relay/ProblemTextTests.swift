// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Hookwire

/// What a refusal says, whoever it is from.
@Suite struct ProblemTextTests {
    private static func line(_ body: String, status: Int = 404, location: String? = nil) -> String {
        ProblemText.line(ByteBuffer(string: body), status: status, location: location)
    }

    /// A relay's sentence; of another text the beginning, on one line; without any, what the status means.
    @Test func texts() {
        #expect(Self.line(#"{"detail":"It is \u001b[31mgone."}"#) == "It is \u{FFFD}[31mgone.")
        #expect(Self.line("<html>\r\n  <p>Not\there</p>") == "<html> <p>Not here</p>")
        #expect(Self.line("") == "Not Found" && Self.line(" \n ", status: 511) == "Network Authentication Required")
        #expect(Self.line("", status: 999) == "it does not say why")
    }

    /// Nothing is shown at its whole length.
    @Test(arguments: [
        String(repeating: "<p>some page</p>\n", count: 3_000), String(repeating: "x", count: 1 << 20),
        #"{"detail":"\#(String(repeating: "x", count: 1 << 20))"}"#, String(repeating: " ", count: 1 << 20) + "x",
    ])
    func length(body: String) {
        #expect(Self.line(body).count <= 600)
    }

    /// Where a redirect leads is said, without what may be a secret.
    @Test func redirects() {
        let elsewhere = Self.line("moved", status: 302, location: "https://other.example/login?secret=s")
        #expect(elsewhere == "it leads to https://other.example: if the relay is there, give that to --relay")
        for location in ["/login?secret=s", "//other.example/s", "https://a:s@other.example/", "\u{1B}[31m"] {
            let line = Self.line("moved", status: 301, location: location)
            #expect(line == "it leads elsewhere: give --relay the relay's own address")
        }
        #expect(Self.line("moved", status: 302) == "moved" && Self.line("", status: 302) == "Found")
        #expect(Self.line("no", status: 404, location: "https://other.example/") == "no")
    }
}
