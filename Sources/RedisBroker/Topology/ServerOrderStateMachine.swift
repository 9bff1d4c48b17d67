// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// What other nodes say about a Redis' place in the list of several independent ones. No IO and no clock of its own.
///
/// All nodes write the place that they know to the same key, and read what was there. One that reads another place again
/// and again has another list than the others have. Once is nothing: the whole relay may just have been started with a new
/// list.
struct ServerOrderStateMachine {
    /// What is read of a server.
    private struct Reading {
        var place: String
        var count: Int
        var end: NIODeadline
    }

    private let count: Int
    /// For how long a reading counts.
    private let lifetime: TimeAmount
    private var others: [Int: Reading] = [:]

    /// - Parameter count: how many servers there are.
    init(count: Int, lifetime: TimeAmount) {
        self.count = count
        self.lifetime = lifetime
    }

    /// A server's place as this node has it.
    func place(of index: Int) -> String { "\(index + 1)/\(self.count)" }

    /// Something was read at a server; nil where nothing was there.
    ///
    /// - Returns: whether it is the first proof of another list.
    mutating func read(_ place: String?, at index: Int, now: NIODeadline) -> Bool {
        let wasDifferent = self.isDifferent(now: now)
        guard let place, place != self.place(of: index) else { return false }
        let known = self.others[index].map { $0.end > now && $0.place == place ? $0.count : 0 } ?? 0
        self.others[index] = Reading(place: place, count: known + 1, end: now + self.lifetime)
        return !wasDifferent && self.isDifferent(now: now)
    }

    private func isDifferent(now: NIODeadline) -> Bool { self.difference(now: now) != nil }

    /// The first server that others have elsewhere, and where they have it.
    func difference(now: NIODeadline) -> (index: Int, place: String)? {
        for (index, reading) in self.others.sorted(by: { $0.key < $1.key }) where reading.count > 1 && reading.end > now
        {
            return (index, reading.place)
        }
        return nil
    }
}
