// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import Egress

/// Group 6 of the Autobahn test suite: text is UTF-8, and what is not ends the connection at once.
@Suite struct ConformanceUTF8Tests {
    /// 6.1 to 6.2: valid text comes back, whole, in fragments and split within a code point.
    @Test func echoesText() throws {
        try ConformanceCase("6.1.1", [.text("")], answers: [.text("")]).run()
        let empty: [ClientFrame] = [.text("", isFinal: false), .continuation("", isFinal: false)]
        try ConformanceCase("6.1.2", empty + [.continuation("", isFinal: true)], answers: [.text("")]).run()
        let middle: [ClientFrame] = [.text("", isFinal: false), .continuation("middle", isFinal: false)]
        try ConformanceCase("6.1.3", middle + [.continuation("", isFinal: true)], answers: [.text("middle")]).run()

        let text = Array("Hello-µ@ßöäüàá-UTF-8!!κόσμε".utf8)
        try ConformanceCase("6.2.1", [.text(text)], answers: [.text(text)]).run()
        var octets = [ClientFrame.text([text[0]], isFinal: false)]
        for byte in text.dropFirst() { octets.append(.continuation([byte], isFinal: false)) }
        octets.append(.continuation([], isFinal: true))
        try ConformanceCase("6.2.3", octets, answers: [.text(text)]).run()
    }

    /// 6.3: invalid text ends the connection with 1007, whole or in fragments of one byte.
    @Test func refusesInvalidText() throws {
        let bytes = Array("κόσμε".utf8) + [0xED, 0xA0, 0x80] + Array("edited".utf8)
        try ConformanceCase("6.3.1", [.text(bytes)], closeCode: 1007).run()
        var octets = [ClientFrame.text([bytes[0]], isFinal: false)]
        for byte in bytes.dropFirst() { octets.append(.continuation([byte], isFinal: false)) }
        octets.append(.continuation([], isFinal: true))
        try ConformanceCase("6.3.2", octets, closeCode: 1007).run()
    }

    /// 6.4: the connection ends at the first byte that cannot be right, not at the end of its fragment or frame.
    @Test(
        arguments: [[0xF4, 0x90], [0xED, 0xA0], [0x80], [0xC0], [0xF8], [0xE0, 0x9F], [0xF0, 0x8F], [0xCE, 0x41]]
            as [[UInt8]]
    )
    func failsFast(wrong: [UInt8]) throws {
        let before = Array("κόσμε".utf8)
        // 6.4.1: the frame after the wrong one never comes.
        let inFragments = try WebSocketTestSocket()
        try inFragments.receive(.text(before, isFinal: false))
        #expect(inFragments.isConnected)
        try inFragments.receive(.continuation(wrong, isFinal: false))
        #expect(try inFragments.sent().map(\.closeCode) == [1007])

        // 6.4.3: the frame is not even complete.
        let frame = ClientFrame.text(before + wrong + Array("edited".utf8)).bytes
        let lastGood = 6 + before.count + wrong.count - 1
        let inFrame = try WebSocketTestSocket()
        try inFrame.receive(Array(frame[..<lastGood]))
        #expect(try inFrame.sent().isEmpty)
        try inFrame.receive([frame[lastGood]])
        #expect(try inFrame.sent().map(\.closeCode) == [1007])
        #expect(inFrame.owner.endings == [.invalidUTF8])
    }

    static let valid: [[UInt8]] = [
        // 6.6: "κόσμε" cut at its code points.
        [0xCE, 0xBA], [0xCE, 0xBA, 0xE1, 0xBD, 0xB9], [0xCE, 0xBA, 0xE1, 0xBD, 0xB9, 0xCF, 0x83],
        // 6.7: the first code point of each length.
        [0x00], [0xC2, 0x80], [0xE0, 0xA0, 0x80], [0xF0, 0x90, 0x80, 0x80],
        // 6.9: the last one.
        [0x7F], [0xDF, 0xBF], [0xEF, 0xBF, 0xBF], [0xF4, 0x8F, 0xBF, 0xBF],
        // 6.11: beside the surrogates, the replacement character.
        [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80], [0xEF, 0xBF, 0xBD],
        // 6.22: noncharacters are valid.
        [0xEF, 0xBF, 0xBE], [0xF0, 0x9F, 0xBF, 0xBE], [0xF0, 0x9F, 0xBF, 0xBF], [0xF3, 0xBF, 0xBF, 0xBE],
        [0xF4, 0x8F, 0xBF, 0xBE], [0xEF, 0xB7, 0x90],
    ]

    static let invalid: [[UInt8]] = [
        // 6.6: "κόσμε" cut within its code points.
        [0xCE], [0xCE, 0xBA, 0xE1], [0xCE, 0xBA, 0xE1, 0xBD], [0xCE, 0xBA, 0xE1, 0xBD, 0xB9, 0xCF],
        // 6.8, 6.10: five and six bytes.
        [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFC, 0x84, 0x80, 0x80, 0x80, 0x80],
        [0xF7, 0xBF, 0xBF, 0xBF], [0xFB, 0xBF, 0xBF, 0xBF, 0xBF], [0xFD, 0xBF, 0xBF, 0xBF, 0xBF, 0xBF],
        // 6.11: the first code point over the last.
        [0xF4, 0x90, 0x80, 0x80],
        // 6.12: continuation bytes alone.
        [0x80], [0xBF], [0x80, 0xBF], [0x80, 0xBF, 0x80], [0x80, 0xBF, 0x80, 0xBF],
        // 6.13: lead bytes alone.
        [0xC0, 0x20], [0xDF, 0x20], [0xE0, 0x20], [0xEF, 0x20], [0xF0, 0x20], [0xF7, 0x20], [0xF8, 0x20], [0xFD, 0x20],
        // 6.14: the last continuation byte missing.
        [0xC0], [0xE0, 0x80], [0xF0, 0x80, 0x80], [0xDF], [0xEF, 0xBF], [0xF7, 0xBF, 0xBF], [0xF0, 0x9F, 0x98],
        // 6.16: impossible bytes.
        [0xFE], [0xFF], [0xFE, 0xFE, 0xFF, 0xFF],
        // 6.17 to 6.19: overlong forms.
        [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xF0, 0x80, 0x80, 0xAF], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF],
        [0xF0, 0x8F, 0xBF, 0xBF], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xF0, 0x80, 0x80, 0x80],
        // 6.20, 6.21: surrogates, alone and in pairs.
        [0xED, 0xA0, 0x80], [0xED, 0xAD, 0xBF], [0xED, 0xAE, 0x80], [0xED, 0xAF, 0xBF], [0xED, 0xB0, 0x80],
        [0xED, 0xBE, 0x80], [0xED, 0xBF, 0xBF], [0xED, 0xA0, 0x80, 0xED, 0xB0, 0x80],
        [0xED, 0xAF, 0xBF, 0xED, 0xBF, 0xBF],
    ]

    /// 6.5 to 6.23: each valid sequence comes back.
    @Test(arguments: Self.valid) func echoes(_ bytes: [UInt8]) throws {
        try ConformanceCase("6 valid", [.text(bytes)], answers: [.text(bytes)]).run()
        #expect(UTF8Validation.isValid(ByteBuffer(bytes: bytes)))
    }

    /// 6.5 to 6.23: each invalid one ends the connection with 1007.
    @Test(arguments: Self.invalid) func refuses(_ bytes: [UInt8]) throws {
        try ConformanceCase("6 invalid", [.text(bytes)], closeCode: 1007).run()
        #expect(!UTF8Validation.isValid(ByteBuffer(bytes: bytes)))
    }
}
