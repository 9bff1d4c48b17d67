// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SeededRandom
import Shared
import Testing

@testable import Egress

@Suite struct UTF8StreamValidatorTests {
    /// What the validator says to these pieces: whether it took all, and then whether the text may end.
    private func isValid(_ pieces: [ArraySlice<UInt8>]) -> Bool {
        var validator = UTF8StreamValidator()
        for piece in pieces {
            guard piece.withUnsafeBytes({ validator.consume($0) }) else { return false }
        }
        return validator.isComplete
    }

    /// The first index whose byte no valid text can go on with, by the standard library: no completion makes it valid.
    private func firstImpossibleByte(_ bytes: [UInt8]) -> Int? {
        var completions: [[UInt8]] = [[]]
        for first: UInt8 in [0x80, 0x90, 0xA0, 0xBF] {
            for count in 0...2 { completions.append([first] + Array(repeating: 0x80, count: count)) }
        }
        return bytes.indices.first { index in
            completions.allSatisfy { String(validating: bytes[...index] + $0, as: UTF8.self) == nil }
        }
    }

    /// Random bytes that are valid text for the most part, then broken in up to three places.
    private func mutatedText(using seed: inout SeededRandom) -> [UInt8] {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...24, using: &seed) {
            let range: ClosedRange<UInt32> = [0...0x7F, 0x80...0x7FF, 0x800...0xFFFF, 0x10000...0x10FFFF].randomElement(
                using: &seed
            )!
            text.append(Unicode.Scalar(UInt32.random(in: range, using: &seed)) ?? "\u{FFFD}")
        }
        var bytes = Array(String(text).utf8)
        for _ in 0..<Int.random(in: 0...3, using: &seed) where !bytes.isEmpty {
            let index = Int.random(in: bytes.indices, using: &seed)
            switch Int.random(in: 0...2, using: &seed) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &seed)
            case 1: bytes.remove(at: index)
            default: bytes.insert(UInt8.random(in: 0x80...255, using: &seed), at: index)
            }
        }
        return bytes
    }

    /// All sequences of one and two bytes, and of three with the lead bytes that narrow the second, are judged as by
    /// the standard library.
    @Test func agreesOnEveryShortSequence() {
        for first in UInt8.min ... .max {
            #expect(self.isValid([[first]]) == (String(validating: [first], as: UTF8.self) != nil))
            for second in UInt8.min ... .max {
                let expected = String(validating: [first, second], as: UTF8.self) != nil
                if self.isValid([[first], [second]]) != expected { Issue.record("\([first, second])") }
                guard first >= 0xE0 else { continue }
                for last: UInt8 in [0x7F, 0x80, 0xBF, 0xC0] {
                    for bytes in [[first, second, last], [first, second, 0x80, last]] {
                        let expected = String(validating: bytes, as: UTF8.self) != nil
                        if self.isValid([bytes[...]]) != expected { Issue.record("\(bytes)") }
                    }
                }
            }
        }
    }

    /// Random and mutated text, split anywhere, is judged as by the standard library, and refused at the first byte
    /// that is impossible.
    @Test func agreesOnMutatedText() {
        var seed = SeededRandom(for: "UTF8StreamValidatorTests.agreesOnMutatedText")
        let end = ContinuousClock.now + .seconds(1)
        while ContinuousClock.now < end {
            let bytes = self.mutatedText(using: &seed)
            let expected = String(validating: bytes, as: UTF8.self) != nil
            let split = Int.random(in: 0...bytes.count, using: &seed)
            guard self.isValid([bytes[...]]) == expected,
                self.isValid([bytes[..<split], bytes[split...]]) == expected,
                UTF8Validation.isValid(ByteBuffer(bytes: bytes)) == expected
            else {
                Issue.record("\(seed): \(bytes) split at \(split)")
                return
            }
            var validator = UTF8StreamValidator()
            let refused = bytes.indices.first { index in
                !bytes[index...index].withUnsafeBytes { validator.consume($0) }
            }
            guard refused == self.firstImpossibleByte(bytes) else {
                Issue.record("\(seed): \(bytes) refused at \(String(describing: refused))")
                return
            }
        }
    }

    /// The fast path over ASCII finds a byte that is none wherever it is in a word.
    @Test func findsWrongBytesBehindASCII() {
        for length in 1...40 {
            for index in 0..<length {
                var bytes = [UInt8](repeating: 0x61, count: length)
                #expect(self.isValid([bytes[...]]))
                bytes[index] = 0xFF
                #expect(!self.isValid([bytes[...]]))
            }
        }
    }
}
