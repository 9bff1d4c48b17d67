// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import SeededRandom
import Shared
import Testing

@Suite struct HexTests {
    /// Every byte is written in lower case and read in either case.
    @Test func everyByte() {
        for byte in UInt8.min ... .max {
            let text = Hex.encode([byte])
            #expect(text == String(format: "%02x", byte))
            #expect(Hex.decode(text) == [byte])
            #expect(Hex.decode(text.uppercased()) == [byte])
            var appended: [UInt8] = []
            Hex.append([byte], to: &appended)
            #expect(appended == Array(text.utf8))
        }
    }

    /// Every byte that is no digit is refused in either place.
    @Test func noDigits() {
        let digits = Set("0123456789abcdefABCDEF".utf8)
        for byte in UInt8.min ... .max where !digits.contains(byte) {
            #expect(Hex.decode([byte, UInt8(ascii: "0")]) == nil)
            #expect(Hex.decode([UInt8(ascii: "0"), byte]) == nil)
        }
    }

    /// A number is sixteen digits, with the zeros in front.
    @Test(arguments: [
        (0, "0000000000000000"), (0x1F, "000000000000001f"), (0x0123_4567_89AB_CDEF, "0123456789abcdef"),
        (UInt64.max, "ffffffffffffffff"),
    ])
    func numbers(number: UInt64, text: String) {
        #expect(Hex.encode(bigEndian: number) == text)
        #expect(Hex.decode(bigEndian: text.utf8) == number)
    }

    /// What is not exactly sixteen digits is no number.
    @Test(arguments: [
        "", "0", "000000000000001", "00000000000000001", "000000000000000g", "0x00000000000000", "+000000000000001",
    ])
    func noNumbers(text: String) {
        #expect(Hex.decode(bigEndian: text.utf8) == nil)
    }

    /// The length must be even, and the one expected.
    @Test func lengths() {
        #expect(Hex.decode("") == [])
        #expect(Hex.decode("0") == nil)
        #expect(Hex.decode("00ff1") == nil)
        #expect(Hex.decode("00ff", byteCount: 2) == [0, 255])
        #expect(Hex.decode("00ff", byteCount: 1) == nil)
        #expect(Hex.decode("00ff", byteCount: 3) == nil)
        var output: [UInt8] = [1, 2]
        let isDecoded = output.withUnsafeMutableBytes { output in
            Array("00ff00".utf8).withUnsafeBytes { Hex.decode($0, into: output) }
        }
        #expect(!isDecoded)
    }
}

@Suite struct Base64Tests {
    /// RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func vectors(bytes: String, text: String) {
        #expect(Base64.encode(bytes.utf8) == text)
        #expect(Base64.decode(text) == Array(bytes.utf8))
    }

    /// What is not exactly the standard form is refused.
    @Test(arguments: [
        "Zg", "Zg=", "Zg===", "=Zg=", "Z===", "====", "Zm9v\n", "Zm 9", "Zm9vYg==Zm9v", "Zm9-", "Zm9_", "Zh==", "Zm9=",
        "Zg==\0\0\0\0", "哦哦",
    ])
    func refused(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    /// Bits that stand for no byte may be ignored on request, as WeChat's keys need it; nothing else changes.
    @Test func trailingBits() {
        #expect(Base64.decode("Zh==", trailingBits: .ignored) == [0x66])
        #expect(Base64.decode("Zm9=", trailingBits: .ignored) == Array("fo".utf8))
        #expect(Base64.decode("Zg", trailingBits: .ignored) == nil)
    }

    /// It writes what Foundation writes and reads it back, for every length up to 66 and every byte value.
    @Test func againstFoundation() {
        var random = SeededRandom(for: "Base64Tests.againstFoundation")
        for count in 0...66 {
            for _ in 0..<20 {
                let bytes = random.bytes(count)
                let text = Base64.encode(bytes)
                #expect(text == Data(bytes).base64EncodedString())
                #expect(Base64.decode(text) == bytes)
            }
        }
    }
}
