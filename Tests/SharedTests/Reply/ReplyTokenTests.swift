// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@Suite struct ReplyTokenTests {
    private static let text = "00000000000000a1" + "0000000000000002" + "fedcba9876543210"

    /// A token is read as it was written, with the zeros in front of its parts.
    @Test func roundTrip() throws {
        let token = ReplyToken(node: NodeID(rawValue: 0xA1), high: 2, low: 0xFEDC_BA98_7654_3210)
        #expect(token.description == Self.text)
        #expect(ReplyToken(Self.text) == token)
    }

    /// A token has one form: nothing else leads to the request that waits.
    @Test(arguments: [
        "", "0", String(text.dropLast()), text + "0", text.uppercased(), "g" + text.dropFirst(), " " + text.dropFirst(),
        "+" + text.dropFirst(), "é" + text.dropFirst(2),
    ])
    func refused(text: String) {
        #expect(ReplyToken(text) == nil)
    }
}
