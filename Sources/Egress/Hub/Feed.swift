// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared
internal import Synchronization

/// An egress node's subscription to one channel: receives the channel's events from the broker and posts them to every
/// lane that has sockets of the channel. Any thread.
final class Feed: FeedReceiver {
    /// A lane with sockets of the channel.
    private struct Branch {
        var lane: Lane
        var group: NIOLoopBound<ChannelFanOut>
    }

    private struct State {
        var branches: [Branch] = []
        /// The last event that was posted, or where the feed began.
        var position: Position?
    }

    let channel: ChannelID
    private let metrics: FeedMetrics
    private let state = Mutex(State())

    init(channel: ChannelID, metrics: FeedMetrics = FeedMetrics()) {
        self.channel = channel
        self.metrics = metrics
    }

    // MARK: From the broker

    func receive(_ entry: LogEntry) -> FeedPressure? {
        self.state.withLock { state in
            state.position = entry.position
            var pressure: FeedPressure?
            for branch in state.branches {
                let asked = branch.lane.post(entry, to: branch.group)
                // Waiting for one lane is enough, preferably one that is behind; the next event checks again.
                if case .behind? = pressure { continue }
                pressure = asked ?? pressure
            }
            return pressure
        }
    }

    func interrupted(_ reason: UnrecoverableReason, head: Position) {
        self.metrics.interrupted(reason)
        self.state.withLock { state in
            state.position = head
            for branch in state.branches {
                branch.lane.post(reason, head: head, to: branch.group)
            }
        }
    }

    // MARK: From the hub

    /// The feed is active since `start`.
    func started(at start: Position) {
        self.state.withLock { state in
            // An event may have arrived before the hub learned where the feed began.
            if state.position == nil { state.position = start }
        }
    }

    /// Posts to a lane's group from now on.
    func addBranch(lane: Lane, group: NIOLoopBound<ChannelFanOut>) {
        self.state.withLock { $0.branches.append(Branch(lane: lane, group: group)) }
    }

    /// Stops posting to a lane. What was posted before still arrives there.
    func removeBranch(lane: Lane) {
        self.state.withLock { $0.branches.removeAll { $0.lane === lane } }
    }

    /// There may be events for a group's members, whatever loop they are on. Any thread.
    func wakeReaders(of group: ConsumerName) {
        for branch in self.state.withLock({ $0.branches }) {
            branch.lane.eventLoop.execute { branch.group.value.wakeReader(of: group) }
        }
    }

    /// The last event that was posted: a socket that joins now begins after it.
    var position: Position {
        guard let position = self.state.withLock({ $0.position }) else {
            preconditionFailure("sockets join a feed that is on")
        }
        return position
    }
}
