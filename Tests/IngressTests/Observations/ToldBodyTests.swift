// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import Ingress

@Suite struct ToldBodyTests {
    private func told(_ body: ByteBuffer) throws -> (bytes: [UInt8], isTruncated: Bool) {
        let told = ToldBody(body)
        return (try #require(Base64.decode(told.base64)), told.isTruncated)
    }

    /// Wherever a cut would fall in a text, it falls between two characters, and not far before.
    @Test(arguments: ["a", "é", "好", "😀"]) func cutsBetweenCharacters(character: String) throws {
        for offset in 0..<4 {
            let text = String(repeating: "a", count: offset) + String(repeating: character, count: 9 << 10)
            let (bytes, isTruncated) = try self.told(ByteBuffer(string: text))
            #expect(isTruncated && (8 << 10) - 3...8 << 10 ~= bytes.count)
            let part = try #require(String(validating: bytes, as: UTF8.self))
            #expect(text.hasPrefix(part))
        }
    }

    /// What is no text is cut where the limit is.
    @Test func cutsBytes() throws {
        let (bytes, isTruncated) = try self.told(ByteBuffer(repeating: 0x80, count: 9 << 10))
        #expect(isTruncated && bytes.count == 8 << 10)
    }

    /// What is within the limit is all there.
    @Test(arguments: [0, 1, 8 << 10]) func isWhole(count: Int) throws {
        let (bytes, isTruncated) = try self.told(ByteBuffer(repeating: 0x80, count: count))
        #expect(!isTruncated && bytes.count == count)
    }
}
