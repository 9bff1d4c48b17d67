// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Egress

/// Groups 1 to 5 of the Autobahn test suite.
@Suite struct ConformanceFramingTests {
    /// 1.x: text and binary messages of every form of length come back as they were.
    @Test(arguments: [0, 125, 126, 127, 128, 65_535, 65_536])
    func echoesEveryLength(length: Int) throws {
        let text = [UInt8](repeating: UInt8(ascii: "*"), count: length)
        let bytes = [UInt8](repeating: 0xFE, count: length)
        try ConformanceCase("1.1 \(length)", [.text(text)], answers: [.text(text)]).run()
        try ConformanceCase("1.2 \(length)", [.binary(bytes)], answers: [.binary(bytes)]).run()
    }

    static let pings: [ConformanceCase] = [
        .init("2.1", [.ping()], answers: [.pong()]),
        .init("2.2", [.ping("Hello, world!")], answers: [.pong("Hello, world!")]),
        .init(
            "2.3",
            [.init(opcode: 0x9, payload: [0x00, 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0x00, 0xFF])],
            answers: [.init(opcode: 0xA, payload: [0x00, 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0x00, 0xFF])]
        ),
        .init(
            "2.4",
            [.init(opcode: 0x9, payload: .init(repeating: 0xFE, count: 125))],
            answers: [.init(opcode: 0xA, payload: .init(repeating: 0xFE, count: 125))]
        ),
        .fails("2.5", [.init(opcode: 0x9, payload: .init(repeating: 0xFE, count: 126))]),
        .init("2.7", [.pong()], answers: []),
        .init("2.8", [.pong("unsolicited pong payload")], answers: []),
        .init("2.9", [.pong("unsolicited"), .ping("ping payload")], answers: [.pong("ping payload")]),
        .init("2.10", (0..<10).map { .ping("payload-\($0)") }, answers: (0..<10).map { .pong("payload-\($0)") }),
    ]

    /// 2.x: pings are answered with their payload; pongs that nobody asked for are ignored.
    @Test(arguments: Self.pings) func answersPings(_ script: ConformanceCase) throws { try script.run() }

    static let reservedBits: [ConformanceCase] = [
        .fails("3.1", [.init(reservedBits: 1, opcode: 0x1, payload: Array("Hello".utf8))]),
        .fails(
            "3.2",
            [.text("Hello"), .init(reservedBits: 2, opcode: 0x1, payload: Array("Hello".utf8)), .ping()],
            answers: [.text("Hello")]
        ),
        .fails("3.3", [.text("a"), .init(reservedBits: 3, opcode: 0x1), .ping()], answers: [.text("a")]),
        .fails("3.4", [.text("a"), .init(reservedBits: 4, opcode: 0x1), .ping()], answers: [.text("a")]),
        .fails("3.5", [.init(reservedBits: 5, opcode: 0x2, payload: [0xFF])]),
        .fails("3.6", [.init(reservedBits: 6, opcode: 0x9)]),
        .fails("3.7", [.init(reservedBits: 7, opcode: 0x8)]),
    ]

    /// 3.x: a reserved bit ends the connection.
    @Test(arguments: Self.reservedBits) func refusesReservedBits(_ script: ConformanceCase) throws {
        try script.run()
    }

    /// 4.x: a reserved opcode ends the connection, after what came before it was answered.
    @Test(arguments: [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8])
    func refusesReservedOpcodes(opcode: UInt8) throws {
        try ConformanceCase.fails("4 alone", [.init(opcode: opcode)]).run()
        let payload = Array("reserved opcode payload".utf8)
        let frames: [ClientFrame] = [.text("Hello"), .init(opcode: opcode, payload: payload), .ping()]
        try ConformanceCase.fails("4 in between", frames, answers: [.text("Hello")]).run()
    }

    static let fragments: [ConformanceCase] = [
        .fails("5.1", [.init(isFinal: false, opcode: 0x9), .continuation("fragment2", isFinal: true)]),
        .fails("5.2", [.init(isFinal: false, opcode: 0xA), .continuation("fragment2", isFinal: true)]),
        .init(
            "5.3",
            [.text("fragment1", isFinal: false), .continuation("fragment2", isFinal: true)],
            answers: [.text("fragment1fragment2")]
        ),
        .init(
            "5.6",
            [.text("fragment1", isFinal: false), .ping("ping payload"), .continuation("fragment2", isFinal: true)],
            answers: [.pong("ping payload"), .text("fragment1fragment2")]
        ),
        .fails("5.9", [.continuation("non-continuation payload", isFinal: true), .text("Hello")]),
        .fails("5.12", [.continuation("non-continuation payload", isFinal: false), .text("Hello")]),
        .fails(
            "5.15",
            [
                .text("fragment1", isFinal: false), .continuation("fragment2", isFinal: true),
                .continuation("fragment3", isFinal: false), .text("fragment4"),
            ],
            answers: [.text("fragment1fragment2")]
        ),
        .fails("5.16", [.continuation("fragment1", isFinal: false), .text("fragment2", isFinal: false)]),
        .fails("5.17", [.continuation("fragment1", isFinal: true), .text("fragment2", isFinal: false)]),
        .fails("5.18", [.text("fragment1", isFinal: false), .text("fragment2")]),
        .init(
            "5.19",
            [
                .text("fragment1", isFinal: false), .continuation("fragment2", isFinal: false), .ping("pongme 1!"),
                .continuation("fragment3", isFinal: false), .continuation("fragment4", isFinal: false),
                .ping("pongme 2!"), .continuation("fragment5", isFinal: true),
            ],
            answers: [
                .pong("pongme 1!"), .pong("pongme 2!"), .text("fragment1fragment2fragment3fragment4fragment5"),
            ]
        ),
    ]

    /// 5.x: fragments are joined, with control frames between them, and nothing else is.
    @Test(arguments: Self.fragments) func joinsFragments(_ script: ConformanceCase) throws { try script.run() }
}
