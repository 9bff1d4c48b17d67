// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Hookwire

@Suite struct ChunkedBodyTests {
    /// The chunks' bytes, as far as they have come; nothing behind what is none.
    @Test(arguments: [
        ("", "", false), ("3", "", false), ("3\r\nab", "ab", false), ("3\r\nabc\r", "abc", false),
        ("3\r\nabc\r\n0\r\n", "abc", true), ("A;x=y\r\n0123456789\r\n0\r\nTrailer: a\r\n\r\n", "0123456789", true),
        ("3\r\nabc\r\nxyz\r\n", "abc", true), ("123456789\r\n", "", true), ("-1\r\n", "", true), ("\r\n", "", true),
    ])
    func reading(text: String, body: String, isWhole: Bool) {
        let read = ChunkedBody.read(Array(text.utf8))
        #expect(String(decoding: read.body, as: UTF8.self) == body && read.isWhole == isWhole)
    }
}
