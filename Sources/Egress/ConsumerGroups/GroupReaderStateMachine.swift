// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// When a lane takes events for its members of a group. No IO and no clock.
///
/// One take is in flight at a time. It is repeated while it is successful, when an event arrives, when a member has
/// room again, and periodically for events that others did not settle.
struct GroupReaderStateMachine {
    /// How many events are taken at once, at most.
    static let pageLimit = 64

    private var isTaking = false
    /// Whether something arrived that the take in flight may have missed.
    private var isWanted = false

    /// There may be events to take.
    ///
    /// - Parameter credit: the members' total credit; evaluated only if needed, since there may be many members.
    /// - Returns: how many to take now, nil for none.
    mutating func wanted(credit: @autoclosure () -> Int) -> Int? {
        guard !self.isTaking else {
            self.isWanted = true
            return nil
        }
        let credit = credit()
        guard credit > 0 else { return nil }
        self.isTaking = true
        self.isWanted = false
        return min(credit, Self.pageLimit)
    }

    /// The outcome of a take.
    enum Outcome {
        /// The outcome is unknown: retry later.
        case failed
        /// There was nothing to take.
        case nothing
        /// Events, given to members or not: more may follow.
        case progress
    }

    /// A take has ended.
    ///
    /// - Parameter credit: the members' total credit now.
    /// - Returns: how many to take now, nil for none.
    mutating func taken(_ outcome: Outcome, credit: @autoclosure () -> Int) -> Int? {
        self.isTaking = false
        switch outcome {
        case .failed: return nil
        case .nothing: return self.isWanted ? self.wanted(credit: credit()) : nil
        // A page of large events may be short; only an empty one is the end.
        case .progress: return self.wanted(credit: credit())
        }
    }

    /// Distributes a page over members with credit, round-robin, so that a slow one holds up few events.
    ///
    /// - Parameters:
    ///   - count: of events.
    ///   - credits: the members' credits.
    /// - Returns: how many each member gets; together no more than `count`.
    static func deal(_ count: Int, to credits: [Int]) -> [Int] {
        var shares = credits.map { _ in 0 }
        var rest = count
        while rest > 0 {
            let before = rest
            for index in credits.indices where rest > 0 && shares[index] < credits[index] {
                shares[index] += 1
                rest -= 1
            }
            if rest == before { break }
        }
        return shares
    }
}
