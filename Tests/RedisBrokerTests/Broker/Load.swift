// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOCore
import Shared
import Synchronization
import Testing

/// Platforms that send to several channels at once, as platforms do: what is not acknowledged they send again.
final class Load: Sendable {
    /// One publisher's events, in its order, that were acknowledged.
    private struct Sent: Sendable {
        var texts: [String] = []
    }

    private let brokers: [any Broker]
    private let padding: Int
    let channels: [ChannelID]
    private let isOver = Atomic<Bool>(false)
    private let failures = Atomic<Int>(0)

    /// - Parameter padding: by how many bytes every tenth event is longer than the others.
    init(brokers: [any Broker], channels: Int, padding: Int) {
        self.brokers = brokers
        self.padding = padding
        self.channels = (0..<channels).map { _ in Fixtures.channel() }
    }

    /// How many publications have failed and were repeated.
    var repetitions: Int { self.failures.load(ordering: .relaxed) }

    /// Publishes on all channels, through all brokers, while `faults` runs.
    ///
    /// - Returns: what was acknowledged, by channel, and in each publisher's order.
    func run(_ faults: () async throws -> Void) async throws -> [ChannelID: [[String]]] {
        let publishers = self.channels.flatMap { channel in
            self.brokers.indices.map { index in
                Task { (channel, try await self.publish(to: channel, through: index)) }
            }
        }
        let result: Result<Void, any Error>
        do {
            result = .success(try await faults())
        } catch {
            result = .failure(error)
        }
        self.isOver.store(true, ordering: .releasing)
        var sent: [ChannelID: [[String]]] = [:]
        for publisher in publishers {
            let (channel, texts) = try await publisher.value
            sent[channel, default: []].append(texts)
        }
        try result.get()
        return sent
    }

    private func publish(to channel: ChannelID, through index: Int) async throws -> [String] {
        var texts: [String] = []
        while !self.isOver.load(ordering: .acquiring) {
            let text = "\(index)-\(texts.count)"
            let isPadded = texts.count.isMultiple(of: 10)
            let event = Fixtures.event(text, query: isPadded ? String(repeating: "x", count: self.padding) : "")
            // It is not over before it is acknowledged.
            while true {
                do {
                    try await self.brokers[index].publish(event, to: channel, keyed: text)
                    break
                } catch is BrokerError {
                    self.failures.add(1, ordering: .relaxed)
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            texts.append(text)
        }
        return texts
    }

    /// Checks that a feed had every acknowledged event, once, in order, and without an interruption.
    static func check(_ recorder: Recorder, had sent: [[String]], comment: Comment) async {
        let count = sent.reduce(0) { $0 + $1.count }
        let entries = await recorder.entries(atLeast: count)
        #expect(entries.map(\.position.offset) == Array(1...UInt64(max(count, 1))), comment)
        for texts in sent {
            guard let prefix = texts.first?.prefix(2) else { continue }
            #expect(entries.map(\.event.text).filter { $0.hasPrefix(prefix) } == texts, comment)
        }
        #expect(recorder.interruptions == [], comment)
    }
}
