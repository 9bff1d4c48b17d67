// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// When a lane takes events for its members of a group. No IO and no clock.
///
/// One take is under way at a time. It is repeated while it brings what was asked for, when an event comes, when a member
/// has room again, and once in a while for what others did not settle.
struct GroupReaderStateMachine {
    /// How many events are taken at once, at most.
    static let pageLimit = 64

    private var isTaking = false
    /// Whether something came that the take under way may have missed.
    private var isWanted = false

    /// There may be events to take.
    ///
    /// - Parameter credit: how many all members take together; asked for only where that matters, since there may be many.
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

    /// What a take brought.
    enum Outcome {
        /// Nothing is known: it is tried again in a while.
        case failed
        /// There was nothing to take.
        case nothing
        /// Events, given to members or not: there may be more behind them.
        case progress
    }

    /// A take has ended.
    ///
    /// - Parameter credit: how many all members take now.
    /// - Returns: how many to take now, nil for none.
    mutating func taken(_ outcome: Outcome, credit: @autoclosure () -> Int) -> Int? {
        self.isTaking = false
        switch outcome {
        case .failed: return nil
        case .nothing: return self.isWanted ? self.wanted(credit: credit()) : nil
        // A page of large events has fewer than were asked for, and only an empty one is the end.
        case .progress: return self.wanted(credit: credit())
        }
    }

    /// How a page is dealt to members with room: in turns of one, so that a slow one holds up few.
    ///
    /// - Parameters:
    ///   - count: of events.
    ///   - credits: of the members.
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
