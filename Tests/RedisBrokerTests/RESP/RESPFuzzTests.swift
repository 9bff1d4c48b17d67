// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import SeededRandom
import Testing

@testable import RedisBroker

/// Random replies, whole and damaged. The seed is printed; `HOOKWIRE_TEST_SEED` sets it.
@Suite struct RESPFuzzTests {
    private static let time = Duration.milliseconds(1_500)

    /// What was encoded comes back, in whatever pieces it arrives.
    @Test func wholeRepliesComeBack() throws {
        var random = SeededRandom(for: "RESPFuzzTests.wholeRepliesComeBack")
        let end = ContinuousClock.now + Self.time / 2
        var count = 0
        while ContinuousClock.now < end || count < 100 {
            let values = (0..<Int.random(in: 1...5, using: &random)).map { _ in Self.value(&random, depth: 0) }
            var bytes: [UInt8] = []
            for value in values { Self.encode(value, into: &bytes) }
            let reader = RESPReader()
            var found: [RESPValue] = []
            for var piece in Self.pieces(bytes, &random) {
                while let value = try reader.next(from: &piece) { found.append(value) }
            }
            try #require(found == values, "seed \(random.seed)")
            count += 1
        }
        print("RESPFuzzTests.wholeRepliesComeBack: \(count) rounds")
    }

    /// Whatever the bytes, there are replies or a violation; no trap, no endless loop, and no more memory than the
    /// limits allow.
    @Test func damagedRepliesAreRefused() throws {
        var random = SeededRandom(for: "RESPFuzzTests.damagedRepliesAreRefused")
        let end = ContinuousClock.now + Self.time
        var limits = RESPLimits()
        limits.bulkBytes = 1 << 16
        limits.replyBytes = 1 << 17
        limits.elements = 1 << 10
        limits.lineBytes = 1 << 10
        var counts: [String: Int] = [:]
        let before = Self.residentBytes()
        var rounds = 0
        while ContinuousClock.now < end || rounds < 300 {
            rounds += 1
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                Self.encode(Self.value(&random, depth: 0), into: &bytes)
            }
            for _ in 0..<Int.random(in: 0...4, using: &random) { Self.damage(&bytes, &random) }
            let reader = RESPReader(limits: limits)
            var replies = 0
            do {
                for var piece in Self.pieces(bytes, &random) {
                    while let value = try reader.next(from: &piece) {
                        replies += 1
                        try #require(Self.weight(value) <= bytes.count * 2 + 1, "seed \(random.seed)")
                    }
                    try #require(piece.readableBytes == 0, "seed \(random.seed)")
                }
                counts["none", default: 0] += 1
            } catch let violation as RESPViolation {
                counts[violation.rawValue, default: 0] += 1
            }
            try #require(replies <= bytes.count, "seed \(random.seed)")
        }
        let after = Self.residentBytes()
        print("RESPFuzzTests.damagedRepliesAreRefused: \(counts), resident \(before >> 20) to \(after >> 20) MiB")
        #expect(counts["none", default: 0] > 0)
        for violation: RESPViolation in [.malformed, .unknownType, .bulkTooLong, .tooManyElements] {
            #expect(counts[violation.rawValue, default: 0] > 0, "\(violation.rawValue) never came")
        }
        #expect(after - before < 512 << 20)
    }

    // MARK: Generators

    private static func value(_ random: inout SeededRandom, depth: Int) -> RESPValue {
        switch Int.random(in: 0..<(depth < 6 ? 8 : 6), using: &random) {
        case 0: .simpleString(self.line(&random))
        case 1: .error("ERR " + self.line(&random))
        case 2: .integer(Int.random(in: .min ... .max, using: &random) >> Int.random(in: 0...63, using: &random))
        case 3: .null
        case 4, 5:
            .bulk(
                ByteBuffer(
                    bytes: random.bytes(
                        Int.random(
                            in: 0..<[8, 8, 100, 100, 100, 100, 100, 1_000, 1_000, 40_000].randomElement(
                                using: &random
                            )!,
                            using: &random
                        )
                    )
                )
            )
        default:
            .array((0..<Int.random(in: 0...4, using: &random)).map { _ in self.value(&random, depth: depth + 1) })
        }
    }

    private static func line(_ random: inout SeededRandom) -> String {
        String(
            (0..<Int.random(in: 0...30, using: &random)).map { _ in "abc XYZ:$*+-019éö".randomElement(using: &random)! }
        )
    }

    private static func encode(_ value: RESPValue, into bytes: inout [UInt8]) {
        switch value {
        case .simpleString(let text): bytes += Array("+\(text)\r\n".utf8)
        case .error(let text): bytes += Array("-\(text)\r\n".utf8)
        case .integer(let number): bytes += Array(":\(number)\r\n".utf8)
        case .null: bytes += Array("$-1\r\n".utf8)
        case .bulk(let body):
            bytes += Array("$\(body.readableBytes)\r\n".utf8) + Array(body.readableBytesView) + [13, 10]
        case .array(let values):
            bytes += Array("*\(values.count)\r\n".utf8)
            for value in values { self.encode(value, into: &bytes) }
        }
    }

    private static func damage(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        guard !bytes.isEmpty else { return }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        let lines = [
            "$536870912\r\n", "*1000000000\r\n", "$-2\r\n", "*-7\r\n", "$9223372036854775806\r\n", "*2147483648\r\n",
            String(repeating: "*1\r\n", count: 12), String(repeating: "*900\r\n", count: 3), "\r\n", "$", "*", ":",
            "$1\r\n", "*3\r\n",
        ]
        switch Int.random(in: 0..<7, using: &random) {
        case 0: bytes[place] = .random(in: .min ... .max, using: &random)
        case 1: bytes[place] = Array("+-:$*\r\n0123456789".utf8).randomElement(using: &random)!
        case 2: bytes.insert(contentsOf: Array(lines.randomElement(using: &random)!.utf8), at: place)
        case 3: bytes.insert(contentsOf: Array(lines.randomElement(using: &random)!.utf8), at: 0)
        case 4: bytes.remove(at: place)
        case 5: bytes.swapAt(place, Int.random(in: 0..<bytes.count, using: &random))
        default: bytes.removeLast(bytes.count - place)
        }
    }

    private static func pieces(_ bytes: [UInt8], _ random: inout SeededRandom) -> [ByteBuffer] {
        let most = [1, 3, 50, 20_000, 100_000].randomElement(using: &random)!
        var pieces: [ByteBuffer] = []
        var rest = bytes[...]
        // One byte each is slow for what is long.
        let size = bytes.count > 5_000 ? max(most, 500) : most
        while !rest.isEmpty {
            let count = min(rest.count, Int.random(in: 1...size, using: &random))
            pieces.append(ByteBuffer(bytes: rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return pieces
    }

    private static func weight(_ value: RESPValue) -> Int {
        switch value {
        case .bulk(let bytes): bytes.readableBytes
        case .array(let values): values.reduce(values.count) { $0 + self.weight($1) }
        default: 1
        }
    }

    private static func residentBytes() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 4_096 } ?? 0
    }
}
