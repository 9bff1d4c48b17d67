// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import SeededRandom
import Testing

@testable import Egress

/// Random clients, each for about a second.
@Suite struct WebSocketFuzzTests {
    private func bytes(_ range: ClosedRange<Int>, using seed: inout SeededRandom) -> [UInt8] {
        (0..<Int.random(in: range, using: &seed)).map { _ in UInt8.random(in: 0...255, using: &seed) }
    }

    private func key(using seed: inout SeededRandom) -> [UInt8] { self.bytes(4...4, using: &seed) }

    /// A client that keeps the rules, and what a parser has to make of it.
    private func wellBehaved(
        using seed: inout SeededRandom
    ) -> (bytes: [UInt8], outputs: [WebSocketFrameParser.Output]) {
        var bytes: [UInt8] = []
        var outputs: [WebSocketFrameParser.Output] = []
        func control() {
            var frame = ClientFrame(
                opcode: 0x9,
                payload: self.bytes(0...125, using: &seed),
                key: self.key(using: &seed)
            )
            if Bool.random(using: &seed) {
                frame.opcode = 0xA
                outputs.append(.pong(ByteBuffer(bytes: frame.payload)))
            } else {
                outputs.append(.ping(ByteBuffer(bytes: frame.payload)))
            }
            bytes += frame.bytes
        }
        for _ in 0..<Int.random(in: 1...6, using: &seed) {
            if Int.random(in: 0...2, using: &seed) == 0 { control() }
            let isText = Bool.random(using: &seed)
            let payload =
                isText
                ? Array(String(repeating: "aé世🌍", count: Int.random(in: 0...40, using: &seed)).utf8)
                : self.bytes(0...400, using: &seed)
            var rest = payload[...]
            var opcode: UInt8 = isText ? 0x1 : 0x2
            while true {
                let isFinal = Int.random(in: 0...2, using: &seed) > 0
                let piece = isFinal ? rest : rest.prefix(Int.random(in: 0...50, using: &seed))
                rest = rest.dropFirst(piece.count)
                let frame = ClientFrame(
                    isFinal: isFinal,
                    opcode: opcode,
                    payload: Array(piece),
                    key: self.key(using: &seed)
                )
                bytes += frame.bytes
                opcode = 0x0
                if isFinal { break }
                if Int.random(in: 0...4, using: &seed) == 0 { control() }
            }
            let buffer = ByteBuffer(bytes: payload)
            outputs.append(.message(isText ? .text(buffer) : .binary(buffer)))
        }
        return (bytes, outputs)
    }

    private func split(_ bytes: [UInt8], using seed: inout SeededRandom) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        let longest = [1, 3, 20, 200, 2000].randomElement(using: &seed)!
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...longest, using: &seed))
            pieces.append(piece)
            rest = rest.dropFirst(piece.count)
        }
        return pieces
    }

    /// What keeps the rules is read as it was meant, whatever its fragments, keys and splits.
    @Test func readsAWellBehavedClient() {
        var seed = SeededRandom(for: "WebSocketFuzzTests.readsAWellBehavedClient")
        let end = ContinuousClock.now + .seconds(1)
        while ContinuousClock.now < end {
            let (bytes, expected) = self.wellBehaved(using: &seed)
            guard WebSocketDripFeed.outputs(of: self.split(bytes, using: &seed)) == expected else {
                Issue.record("\(seed): \(bytes)")
                return
            }
        }
    }

    /// What breaks the rules is judged the same however it is split: nothing is lost or read twice at a boundary.
    @Test func judgesAWildClientTheSameHoweverSplit() {
        var seed = SeededRandom(for: "WebSocketFuzzTests.judgesAWildClientTheSameHoweverSplit")
        let end = ContinuousClock.now + .seconds(1)
        var violations: Set<WebSocketViolation> = []
        var rounds = 0
        // However slow the machine: until enough of the rules were met, within bounds.
        while ContinuousClock.now < end || (violations.count < 5 && rounds < 20_000) {
            rounds += 1
            var (bytes, _) = self.wellBehaved(using: &seed)
            for _ in 0..<Int.random(in: 1...4, using: &seed) {
                // Half of them in the first header, where most rules are.
                let isHeader = Bool.random(using: &seed)
                bytes[Int.random(in: 0..<(isHeader ? 2 : bytes.count), using: &seed)] = UInt8.random(
                    in: 0...255,
                    using: &seed
                )
            }
            let whole = WebSocketDripFeed.outputs(of: [bytes[...]])
            if case .violation(let violation) = whole.last { violations.insert(violation) }
            guard WebSocketDripFeed.outputs(of: self.split(bytes, using: &seed)) == whole else {
                Issue.record("\(seed): \(bytes)")
                return
            }
        }
        print("WebSocket mutation fuzz: \(rounds) rounds, \(violations.count) kinds of violations")
        #expect(violations.count >= 5, "the mutations must reach the rules: \(violations)")
    }

    /// Whatever a client sends and an owner does, a socket ends once, and its connection is gone after the close
    /// time-out.
    @Test func endsOnceWhateverHappens() throws {
        var seed = SeededRandom(for: "WebSocketFuzzTests.endsOnceWhateverHappens")
        let end = ContinuousClock.now + .seconds(1)
        while ContinuousClock.now < end {
            let socket = try WebSocketTestSocket(
                configuration: .init(messageLimit: 1000, outboundLimit: 5000),
                discardsMessages: Bool.random(using: &seed)
            )
            socket.echo()
            var now = NIODeadline.uptimeNanoseconds(1_000_000_000)
            for _ in 0..<Int.random(in: 1...40, using: &seed) {
                try self.happen(to: socket, now: &now, using: &seed)
            }
            let wasOpen = socket.owner.endings.isEmpty
            socket.handler.close(reason: .drain)
            socket.advanceTime(by: .seconds(5))
            guard socket.owner.endings.count == 1, !socket.isConnected else {
                Issue.record("\(seed): open \(wasOpen), \(socket.owner.endings), connected \(socket.isConnected)")
                return
            }
        }
    }

    private func happen(to socket: WebSocketTestSocket, now: inout NIODeadline, using seed: inout SeededRandom) throws {
        guard socket.isConnected else { return }
        switch Int.random(in: 0...11, using: &seed) {
        case 0...4: try socket.receive(self.wellBehaved(using: &seed).bytes)
        case 5: try socket.receive(self.bytes(0...3, using: &seed))
        case 6: _ = socket.handler.send(ByteBuffer(bytes: [0x82, 0x7D] + [UInt8](repeating: 0, count: 125)))
        case 7:
            if socket.output.isHeld {
                socket.output.release(socket.channel)
            } else {
                socket.output.hold(socket.channel)
            }
        case 8, 9:
            now = now + .seconds(11)
            socket.handler.heartbeat(Bool.random(using: &seed) ? .ping : .answer, now: now)
        case 10: socket.channel.read()
        default:
            if Int.random(in: 0...5, using: &seed) == 0 { try socket.receive(.close(code: 1000)) }
        }
        guard socket.isConnected else { return }
        let buffered = try #require(try socket.channel.syncOptions?.getOption(.bufferedWritableBytes))
        #expect(buffered <= 5000 + 4096 + 500, "the queue must stay bounded: \(seed)")
    }
}
