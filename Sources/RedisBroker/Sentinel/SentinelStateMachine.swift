// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// What several sentinels say about where a Redis is, and what follows from it. No IO and no clock of its own.
///
/// All are asked in rounds, at once, since one alone may be cut off together with an old primary. Each answer has the
/// epoch of the failover that it comes from (redis.io, "High availability with Redis Sentinel", "Configuration epochs"),
/// and the newest one counts. An older one counts only if all that answer, a majority of the sentinels, have reported
/// it for a while, since they may have been reconfigured: in mid-failover most of them do not know of it yet. If none
/// answers, the current address stays.
struct SentinelStateMachine {
    /// A sentinel's answer.
    enum Answer: Equatable {
        case primary(RedisURL.Address, epoch: UInt64)
        /// It watches none of that name.
        case unknown
        /// It answers, but not this.
        case refused(RedisLoss)
        case unreachable(RedisLoss)
    }

    private struct Place: Equatable {
        var address: RedisURL.Address
        var epoch: UInt64
    }

    /// For how long most of the sentinels have to say what is older than what is known.
    static let patience = TimeAmount.seconds(5)

    private let count: Int
    private var round = 0
    private var isOpen = false
    /// The answers of the round.
    private var answers: [Int: Answer] = [:]
    private var present: Place?
    /// What most of them say though it is older, and since when, in all rounds.
    private var older: (address: RedisURL.Address, since: NIODeadline)?

    /// - Parameter count: how many sentinels there are, at least one.
    init(count: Int) {
        precondition(count > 0, "no sentinel to ask")
        self.count = count
    }

    /// Redis' address, if known.
    var address: RedisURL.Address? { self.present?.address }

    enum AskAction: Equatable {
        /// Ask all, and hand in what each one says together with this number.
        case ask(round: Int)
        /// They are being asked.
        case wait
    }

    /// A caller asks for the address.
    mutating func askRequested() -> AskAction {
        if self.isOpen { return .wait }
        self.round += 1
        self.isOpen = true
        self.answers = [:]
        return .ask(round: self.round)
    }

    /// What follows from an answer.
    struct Outcome: Equatable {
        /// Redis is there from now on: leave any other place.
        var move: RedisURL.Address?
        /// The result for waiting callers; nil if they keep waiting.
        var conclusion: Result<RedisURL.Address, RedisLoss>?
    }

    /// A sentinel answered, or cannot.
    ///
    /// - Parameters:
    ///   - index: which one, from 0.
    ///   - round: the one that it was asked in.
    mutating func answered(_ answer: Answer, by index: Int, in round: Int, now: NIODeadline) -> Outcome {
        precondition(index < self.count, "there is no such sentinel")
        guard round == self.round else { return Outcome() }
        self.answers[index] = answer
        guard self.isOpen else {
            // The others were enough, but it may know of something newer.
            guard case .primary(let address, let epoch) = answer, self.present.map({ epoch > $0.epoch }) ?? true
            else { return Outcome() }
            return Outcome(move: self.settle(at: Place(address: address, epoch: epoch)))
        }
        let (best, votes) = self.best
        let isMajority = 2 * votes > self.count
        let isOlder = self.present.map { (best?.epoch ?? 0) < $0.epoch } ?? false
        // Another one may know of something newer than what most of them say and is old.
        guard self.answers.count == self.count || isMajority && !isOlder else { return Outcome() }
        self.isOpen = false
        guard let best else { return Outcome(conclusion: .failure(self.failure)) }
        let move = self.isBelieved(best, byMost: isMajority, now: now) ? self.settle(at: best) : nil
        return Outcome(move: move, conclusion: .success(self.present?.address ?? best.address))
    }

    /// Whether the newest answer of a round says where Redis is.
    private mutating func isBelieved(_ place: Place, byMost isMajority: Bool, now: NIODeadline) -> Bool {
        guard let present = self.present else { return true }
        guard place.epoch < present.epoch, isMajority else {
            self.older = nil
            return place.epoch > present.epoch || place.epoch == present.epoch && isMajority
        }
        if let older = self.older, older.address == place.address { return now - older.since >= Self.patience }
        self.older = (place.address, now)
        return false
    }

    /// - Returns: the address where it is another one than before.
    private mutating func settle(at place: Place) -> RedisURL.Address? {
        self.older = nil
        defer { self.present = place }
        return self.present?.address == place.address ? nil : place.address
    }

    /// The newest answer, of several the one that most give, and how many of the sentinels give it.
    private var best: (Place?, votes: Int) {
        var votes: [RedisURL.Address: (epoch: UInt64, count: Int)] = [:]
        for case .primary(let address, let epoch) in self.answers.values {
            let known = votes[address] ?? (0, 0)
            votes[address] = (max(known.epoch, epoch), known.count + 1)
        }
        let best = votes.max { ($0.value.epoch, $0.value.count) < ($1.value.epoch, $1.value.count) }
        guard let best else { return (nil, 0) }
        return (Place(address: best.key, epoch: best.value.epoch), best.value.count)
    }

    /// Why the address is unknown: causes that a user can fix come first.
    private var failure: RedisLoss {
        var unreachable: String?
        var refused: RedisLoss?
        for index in 0..<self.count {
            switch self.answers[index] {
            case .unknown: return RedisLoss(.noSuchMaster)
            case .refused(let loss): refused = refused ?? loss
            case .unreachable(let loss): unreachable = unreachable ?? loss.detail
            case .primary, nil: break
            }
        }
        return refused ?? RedisLoss(.sentinelsUnreachable, unreachable)
    }
}
