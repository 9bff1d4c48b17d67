// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared

@testable import Egress

/// A client of a schedule, by what it asks for.
enum ScheduledRole: String, CaseIterable {
    /// It says nothing: what no socket has had is its own.
    case bot
    case archive
    case filtered
    case slow
    case onlooker
    /// It remembers where it was by itself.
    case follower

    /// How a client speaks.
    enum Speech: String, CaseIterable {
        case raw, envelope, stream
    }

    /// How clients of the role may speak.
    var speeches: [Speech] {
        switch self {
        case .bot: [.raw]
        case .follower: [.envelope, .stream]
        case .archive, .filtered, .slow, .onlooker: Speech.allCases
        }
    }

    /// Whether it begins at its consumer's cursor.
    var hasCursor: Bool {
        switch self {
        case .bot, .archive, .filtered, .slow: true
        case .onlooker, .follower: false
        }
    }

    /// Whether it is sent an event of a kind.
    func admits(kind: Int) -> Bool { self != .filtered || kind == 1 }

    private var query: String {
        switch self {
        case .bot: ""
        case .archive: "consumer=archive"
        case .filtered: "consumer=filtered&where=k:1"
        case .slow: "consumer=slow&rate=40"
        case .onlooker, .follower: "backlog=off"
        }
    }

    private static let requests: [Self: StreamRequest] = .init(
        uniqueKeysWithValues: Self.allCases.compactMap { role in
            let parameters = QueryParameters(encoded: role.query[...])
            return (try? StreamRequest(query: parameters, hasBacklog: role == .bot)).map { (role, $0) }
        }
    )

    /// What its URL asks for.
    var request: StreamRequest? { Self.requests[self] }
}

/// One thing that happens. Numbers choose among the connections that there are.
enum ScheduleStep: Sendable {
    case publish(Int)
    case connect(ScheduledRole, Int)
    /// The client closes in order, and reads until it is answered.
    case goodbye(Int)
    /// The connection breaks; of a hundred bytes that were under way so many still arrive.
    case kill(Int, arrived: Int)
    /// Nothing arrives any more, and nobody knows.
    case vanish(Int)
    /// What is sent arrives later.
    case lag(Int)
    /// What was sent arrives, or a part of it.
    case carry(Int, bytes: Int)
    /// The client stops reading.
    case pause(Int)
    case resume(Int)
    case wait(milliseconds: Int)
    /// The node crashes, and another one starts.
    case restart
    /// The node ends in order, and another one starts.
    case drain
    case loseMemory
    /// The feeds are deaf until they are mended.
    case cut
    case mend

    /// A random one.
    static func random(using random: inout some RandomNumberGenerator) -> Self {
        let number = Int.random(in: 0..<1_000, using: &random)
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<24: return .publish([1, 1, 1, 2, 3, 5, 12][number % 7])
        case 24..<42:
            return .connect(ScheduledRole.allCases.randomElement(using: &random) ?? .bot, number)
        case 42..<48: return .goodbye(number)
        case 48..<54: return .kill(number, arrived: Int.random(in: 0...100, using: &random))
        case 54..<57: return .vanish(number)
        case 57..<62: return .lag(number)
        case 62..<67: return .carry(number, bytes: [1, 20, 100, 1_000_000][number % 4])
        case 67..<71: return .pause(number)
        case 71..<76: return .resume(number)
        case 76..<91: return .wait(milliseconds: [1, 1, 5, 50, 300, 1_000, 1_000, 2_000, 9_000][number % 9])
        case 91..<93: return .restart
        case 93..<95: return .drain
        case 95..<96: return .loseMemory
        case 96..<98: return .cut
        default: return .mend
        }
    }
}

/// A schedule: what there is, and what happens.
struct Schedule: Sendable {
    var retentionCount = 80
    var retentionMilliseconds: Int64 = 30_000
    /// How long the store takes to answer.
    var storeMilliseconds: Int64 = 0
    /// Whether the system says how far its connections are.
    var hasCounters = true
    /// Whether a proxy on the way acknowledges what clients have not had.
    var hasProxy = false
    var steps: [ScheduleStep]
}

extension Schedule {
    /// A random one.
    init(using random: inout some RandomNumberGenerator) {
        self.init(steps: [])
        self.retentionCount = [6, 20, 80].randomElement(using: &random) ?? 20
        self.retentionMilliseconds = [4_000, 30_000].randomElement(using: &random) ?? 4_000
        self.storeMilliseconds = [0, 0, 1, 10].randomElement(using: &random) ?? 0
        self.hasCounters = Int.random(in: 0..<4, using: &random) > 0
        self.hasProxy = Bool.random(using: &random)
        let count = Int.random(in: 4...20, using: &random)
        self.steps = (0..<count).map { _ in .random(using: &random) }
    }
}

extension Schedule: CustomStringConvertible {
    var description: String {
        """
        retains \(self.retentionCount) events for \(self.retentionMilliseconds) ms, the store answers in \
        \(self.storeMilliseconds) ms, counters: \(self.hasCounters), proxy: \(self.hasProxy)
        """ + self.steps.map { "\n  \($0)" }.joined()
    }
}
