// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Egress

/// Group 7 of the Autobahn test suite: the closing handshake.
@Suite struct ConformanceCloseTests {
    static let handshakes: [ConformanceCase] = [
        .init("7.1.1", [.text("Hello World!")], answers: [.text("Hello World!")]),
        .init("7.1.2", [.close(code: 1000), .close(code: 1000)], closeCode: 1000),
        .init("7.1.3", [.close(code: 1000), .ping()], closeCode: 1000),
        .init("7.1.4", [.close(code: 1000), .text("Hello World!")], closeCode: 1000),
        .init(
            "7.1.5",
            [.text("fragment1", isFinal: false), .close(code: 1000), .continuation("fragment2", isFinal: true)],
            closeCode: 1000
        ),
        .init(
            "7.1.6",
            [.text([UInt8](repeating: 0x42, count: 262_144)), .close(code: 1000), .ping()],
            answers: [.text([UInt8](repeating: 0x42, count: 262_144))],
            closeCode: 1000
        ),
        .init("7.3.1", [.close()], closeCode: nil),
        .init("7.3.2", [.close([0x61])], closeCode: 1002),
        .init("7.3.3", [.close(code: 1000)], closeCode: 1000),
        .init("7.3.4", [.close(code: 1000, reason: Array("Hello World!".utf8))], closeCode: 1000),
        .init("7.3.5", [.close(code: 1000, reason: .init(repeating: 0x2A, count: 123))], closeCode: 1000),
        .init("7.3.6", [.close(code: 1000, reason: .init(repeating: 0x2A, count: 124))], closeCode: 1002),
        .init("7.5.1", [.close(code: 1000, reason: [0xCE, 0xBA, 0xED, 0xA0, 0x80])], closeCode: 1007),
    ]

    /// 7.1 to 7.5: one close frame is answered by one, and nothing is read after it.
    @Test(arguments: Self.handshakes) func shakesHands(_ script: ConformanceCase) throws { try script.run() }

    /// 7.7: every code that may be sent is echoed.
    @Test(
        arguments: [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
            as [UInt16]
    )
    func echoesValidCodes(code: UInt16) throws {
        try ConformanceCase("7.7", [.close(code: code)], closeCode: code).run()
    }

    /// 7.9 and 7.13: every other code is answered with 1002.
    @Test(arguments: [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] as [UInt16])
    func refusesInvalidCodes(code: UInt16) throws {
        try ConformanceCase("7.9", [.close(code: code)], closeCode: 1002).run()
        try ConformanceCase("7.9", [.close(code: code, reason: Array("x".utf8))], closeCode: 1002).run()
    }
}
