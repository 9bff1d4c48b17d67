// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SeededRandom
import Shared
import Testing

@testable import Egress

/// Clients that send anything, for about a second, with a seed that repeats it.
@Suite struct GatewayFuzzTests {
    private static let fragments = [
        #"{"op":"#, #""d":{"#, #""token":"QQBot T""#, #""intents":"#, #""shard":[0,1]"#, #""session_id":"00""#,
        #""seq":"#,
        "{", "}", "[", "]", ",", ":", "null", "true", "1", "2", "6", "-1", "1e9", "99999999999999999999", "\"", "\\",
        "\\u00",
        "\u{0}", " ", "\n", "\"s\":1", "op", "d",
    ]

    private func text(_ seed: inout SeededRandom) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 0...24, using: &seed) {
            let fragment = Self.fragments.randomElement(using: &seed) ?? ""
            bytes += Array(fragment.utf8)
            if Int.random(in: 0..<20, using: &seed) == 0 { bytes.append(UInt8.random(in: .min ... .max, using: &seed)) }
        }
        return bytes
    }

    /// What somebody who has the secret may sign.
    private func session(_ seed: inout SeededRandom) -> GatewaySession {
        func any<Integer: FixedWidthInteger>(_ usual: Integer) -> Integer {
            [0, 1, usual, .max - 1, .max].randomElement(using: &seed) ?? usual
        }
        let start = Position(epoch: Epoch(rawValue: any(LogEntry.sample(1).position.epoch.rawValue)), offset: any(5))
        let shard = GatewayShard(index: any(0), count: any(4_096))
        return GatewaySession(start: start, intents: GatewayIntents(rawValue: any(33_554_432)), shard: shard)
    }

    /// Whatever comes, and in whatever order events, pages and time come with it: no trap, no numbers going back, and
    /// nothing after the end.
    @Test func anything() throws {
        var seed = SeededRandom(for: "GatewayFuzzTests.anything")
        let end = NIODeadline.now() + .seconds(1)
        while NIODeadline.now() < end {
            var script = GatewayScript()
            var client = FuzzedClient()
            for _ in 0..<40 where !client.hasEnded {
                script.now = script.now + .milliseconds(Int64.random(in: 0...4_000, using: &seed))
                switch Int.random(in: 0..<10, using: &seed) {
                case 0..<5: client.take(script.receive(String(decoding: self.text(&seed), as: UTF8.self)))
                case 5: client.take(script.receive(#"{"op":2,"d":{"token":"T","intents":33554432}}"#))
                case 6:
                    let session = Bool.random(using: &seed) ? .sample(3) : self.session(&seed)
                    let id = GatewaySessionID.make(session, grant: GatewayScript.grant)
                    let sequence =
                        Bool.random(using: &seed)
                        ? UInt64.random(in: 3...20, using: &seed) : session.start.offset &+ 1
                    let text = #"{"op":6,"d":{"token":"T","session_id":"\#(id)","seq":\#(sequence)}}"#
                    client.take(script.receive(text))
                case 7: client.authenticate(&script, using: &seed)
                case 8: client.advance(&script, using: &seed)
                default: client.take(script.machine.timerFired(now: script.now))
                }
            }
            if client.hasEnded {
                #expect(script.receive(#"{"op":1}"#) == .ignore, "\(seed)")
                #expect(script.machine.drain() == nil, "\(seed)")
                #expect(script.machine.roundReceived(first: 1_000, end: .sample(1_000)) == .ignore, "\(seed)")
            }
            #expect(client.isMonotonic, "\(seed)")
        }
    }
}

/// What a client would see, and where its channel's log stands.
private struct FuzzedClient {
    private(set) var hasEnded = false
    private(set) var isMonotonic = true
    private var head: UInt64 = 10
    private var last: UInt64 = 0
    private var isAsking = false
    private var isReading: UInt64?

    mutating func take(_ action: GatewayStateMachine.MessageAction) {
        switch action {
        case .ignore, .acknowledgeHeartbeat: break
        case .authenticate: self.isAsking = true
        case .end: self.hasEnded = true
        }
    }

    mutating func take(_ ending: GatewayStateMachine.Ending?) {
        if ending != nil { self.hasEnded = true }
    }

    mutating func authenticate(_ script: inout GatewayScript, using seed: inout SeededRandom) {
        guard self.isAsking else { return }
        self.isAsking = false
        switch script.machine.authenticated(Bool.random(using: &seed) ? GatewayScript.grant : nil) {
        case .ignore: break
        case .end: self.hasEnded = true
        case .join:
            switch script.machine.joined(at: .sample(self.head), user: GatewayScript.user) {
            case .ignore: break
            case .send: self.last = self.head
            case .read(let position): (self.isReading, self.last) = (position.offset, position.offset)
            case .end: self.hasEnded = true
            }
        }
    }

    mutating func advance(_ script: inout GatewayScript, using seed: inout SeededRandom) {
        if let start = self.isReading, Bool.random(using: &seed) {
            self.isReading = nil
            let end = min(self.head, start + 2)
            let entries = end > start ? (start + 1...end).map { LogEntry.sample($0) } : []
            let page: LogPage =
                start > self.head
                ? .notRecoverable(.ahead, head: .sample(self.head)) : .entries(entries, head: .sample(self.head))
            switch script.machine.pageRead(page) {
            case .ignore: break
            case .end: self.hasEnded = true
            case .readWhatIsLeft: Issue.record("nothing of the log is gone")
            case .send:
                if let last = entries.last?.position {
                    self.deliver(start + 1, last.offset)
                    script.machine.replayed(upTo: last)
                }
                if case .read(let position) = script.machine.pageSent() { self.isReading = position.offset }
            }
        } else {
            let first = self.head + 1
            self.head += UInt64.random(in: 1...3, using: &seed)
            if case .deliver(_, let after) = script.machine.roundReceived(first: first, end: .sample(self.head)) {
                self.deliver(after.map { $0 + 1 } ?? first, self.head)
            }
        }
    }

    /// Without a gap and without a repeat.
    private mutating func deliver(_ first: UInt64, _ end: UInt64) {
        if first != self.last + 1 { self.isMonotonic = false }
        self.last = end
    }
}
