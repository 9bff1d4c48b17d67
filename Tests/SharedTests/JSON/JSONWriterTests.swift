// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import SeededRandom
import Shared
import Testing

@Suite struct JSONWriterTests {
    private func written(_ text: some StringProtocol) -> String {
        var output: [UInt8] = []
        JSONWriter.append(text, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    /// What JSON wants escaped is escaped, the rest stays as it is.
    @Test(arguments: [
        ("", #""""#), ("abc", #""abc""#), ("a\"b\\c/", #""a\"b\\c/""#), ("\u{8}\u{C}\n\r\t", #""\b\f\n\r\t""#),
        ("\0\u{1}\u{1F}\u{7F}", "\"\\u0000\\u0001\\u001f\u{7F}\""), ("哦😀", "\"哦😀\""), ("\"", #""\"""#),
    ])
    func escapes(text: String, expected: String) {
        #expect(self.written(text) == expected)
        #expect(self.written("x\(text)".dropFirst()) == expected)
    }

    /// It appends and leaves what was there.
    @Test func appending() {
        var output = Array("{\"a\":".utf8)
        JSONWriter.append("b", to: &output)
        output.append(UInt8(ascii: ","))
        JSONWriter.append(-12, to: &output)
        #expect(output == Array("{\"a\":\"b\",-12".utf8))
    }

    /// Bytes that are no UTF-8 do not get out.
    @Test func invalidUTF8() {
        var output: [UInt8] = []
        let bytes: [UInt8] = [0x61, 0xFF, 0x22, 0xE5, 0x93]
        bytes.withUnsafeBytes { JSONWriter.append(utf8: $0, to: &output) }
        #expect(String(validating: output, as: UTF8.self) == "\"a\u{FFFD}\\\"\u{FFFD}\"")
    }

    /// Any text comes back, through Foundation and through our own reader.
    @Test func roundTrip() throws {
        var random = SeededRandom(for: "JSONWriterTests.roundTrip")
        for round in 0..<500 {
            let scalars = (0..<Int.random(in: 0...30, using: &random)).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 0...(Bool.random(using: &random) ? 0x80 : 0x10FFFF), using: &random))
            }
            let text = String(String.UnicodeScalarView(scalars))
            var output = Array("{\"v\":".utf8)
            JSONWriter.append(text, to: &output)
            output.append(UInt8(ascii: "}"))
            let ours = try withJSONView(output, ["v"]) { $0["v"]?.string }
            let theirs = try JSONSerialization.jsonObject(with: Data(output)) as? [String: String]
            #expect(ours.map { Array($0.utf8) } == Array(text.utf8), "round \(round)")
            #expect(theirs?["v"].map { Array($0.utf8) } == Array(text.utf8), "round \(round)")
        }
    }
}
