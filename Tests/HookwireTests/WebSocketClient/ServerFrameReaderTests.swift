// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import SeededRandom
import Testing

@testable import Hookwire

@Suite struct ServerFrameReaderTests {
    private struct Message: Equatable {
        let kind: ServerFrameReader.Kind
        let payload: [UInt8]
    }

    /// A server's frame; `length` lets its announced length lie.
    private static func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        switch payload.count {
        case ...125: [first, UInt8(payload.count)] + payload
        case ...65_535: [first, 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)] + payload
        default: [first, 127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (8 * (7 - $0))) } + payload
        }
    }

    private static func payload(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0) } }

    private func read(_ bytes: [UInt8], pieces: [Int]) throws -> [Message] {
        var reader = ServerFrameReader()
        var messages: [Message] = []
        var rest = bytes[...]
        var index = 0
        while !rest.isEmpty {
            let piece = Array(rest.prefix(pieces[min(index, pieces.count - 1)]))
            rest = rest.dropFirst(piece.count)
            index += 1
            try piece.withUnsafeBytes { bytes in
                try reader.receive(bytes) { messages.append(Message(kind: $0, payload: Array($1))) }
            }
        }
        return messages
    }

    private static let lengths = [0, 1, 125, 126, 127, 600, 65_535, 65_536, 70_000]

    /// Messages of every form of length are found, however their bytes are split.
    @Test(arguments: [1, 3, 4_096, 1_000_000])
    func findsMessagesHoweverSplit(piece: Int) throws {
        let bytes = Self.lengths.flatMap { Self.frame(0x81, Self.payload($0)) + Self.frame(0x82, Self.payload($0)) }
        let messages = try self.read(bytes, pieces: [piece])
        #expect(
            messages
                == Self.lengths.flatMap {
                    [
                        Message(kind: .text, payload: Self.payload($0)),
                        Message(kind: .binary, payload: Self.payload($0)),
                    ]
                }
        )
    }

    /// Fragments make one message, and control frames may come between them.
    @Test(arguments: [1, 1_000])
    func joinsFragments(piece: Int) throws {
        let bytes =
            Self.frame(0x01, [1, 2]) + Self.frame(0x89, [9]) + Self.frame(0x00, []) + Self.frame(0x80, [3])
            + Self.frame(0x81, [4])
        #expect(
            try self.read(bytes, pieces: [piece]) == [
                Message(kind: .ping, payload: [9]), Message(kind: .text, payload: [1, 2, 3]),
                Message(kind: .text, payload: [4]),
            ]
        )
    }

    /// A server that breaks the protocol is found out: its deliveries cannot be counted on.
    @Test(arguments: [
        ([UInt8](arrayLiteral: 0x81, 0x81, 0, 0, 0, 0, 0), ServerFrameReader.Violation.maskedFrame),
        ([0xC1, 0], .reservedBits), ([0x83, 0], .reservedOpcode), ([0x8B, 0], .reservedOpcode),
        ([0x09, 0], .malformedControlFrame), ([0x89, 126, 0, 126], .malformedControlFrame),
        ([0x81, 126, 0, 125], .lengthNotMinimal), ([0x81, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], .lengthNotMinimal),
        ([0x81, 127, 0, 0, 0, 0, 0x7F, 0, 0, 0], .messageTooLong),
        ([0x81, 127, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], .messageTooLong),
        ([0x80, 0], .fragmentsOutOfPlace), ([0x01, 0, 0x81, 0], .fragmentsOutOfPlace),
    ])
    func findsViolations(bytes: [UInt8], violation: ServerFrameReader.Violation) {
        #expect(throws: violation) { try self.read(bytes, pieces: [1_000]) }
        #expect(throws: violation) { try self.read(bytes, pieces: [1]) }
    }

    /// Whatever the pieces are, the same bytes are the same messages; and no bytes at all make it crash.
    @Test func fuzzed() throws {
        var random = SeededRandom(for: "ServerFrameReaderTests.fuzzed")
        for _ in 0..<300 {
            let bytes = (0..<20).flatMap { _ in
                Self.frame(
                    [0x81, 0x82, 0x8A].randomElement(using: &random) ?? 0x81,
                    Self.payload(.random(in: 0...125, using: &random))
                )
            }
            let pieces = (0..<500).map { _ in Int.random(in: 1...300, using: &random) }
            #expect(
                try self.read(bytes, pieces: pieces) == self.read(bytes, pieces: [1_000_000]),
                "seed \(random.seed)"
            )
            let noise = (0..<200).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            let whole = try? self.read(noise, pieces: [1_000])
            #expect(whole == (try? self.read(noise, pieces: pieces)), "seed \(random.seed)")
        }
    }
}
