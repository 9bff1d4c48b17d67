// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A socket that speaks the raw protocol: a member of its channel's group for as long as it is open.
/// Bound to its channel's event loop.
final class RawSocket: FeedMember {
    var groupIndex = 0

    private let lane: Lane
    private let membership: FeedMembership
    private let metrics: SocketMetrics
    /// Of a client that answers; nil where what it sends is dropped.
    private let answers: RawAnswers?
    /// The last event that the client was sent, or what was the last before it came.
    private var position: Position
    private var handler: WebSocketHandler?

    private init(lane: Lane, membership: FeedMembership, metrics: SocketMetrics, answers: RawAnswers?) {
        self.lane = lane
        self.membership = membership
        self.metrics = metrics
        self.answers = answers
        self.position = membership.place.feed.position
    }

    /// Makes a channel a raw socket of a feed. On the channel's event loop, which is the lane's.
    ///
    /// - Parameter answers: where what the client sends goes; nil drops it.
    static func open(
        on channel: any Channel,
        lane: Lane,
        place: FeedPlace,
        configuration: WebSocketConfiguration,
        metrics: SocketMetrics,
        answers: RawAnswers? = nil
    ) throws {
        let membership = FeedMembership(place: place, lane: lane)
        let socket = RawSocket(lane: lane, membership: membership, metrics: metrics, answers: answers)
        let handler = WebSocketHandler(owner: socket, configuration: configuration, discardsMessages: answers == nil)
        socket.handler = handler
        membership.join(socket)
        lane.startHeartbeat(of: handler)
        metrics.opened()
        do {
            try channel.pipeline.syncOperations.addHandler(handler)
        } catch {
            socket.ended(.connectionLost)
            throw error
        }
    }

    func deliver(_ round: FeedRound) {
        let end = round.end
        let last = self.position
        let frames: ByteBuffer
        if self.position.epoch != end.epoch || self.position.offset < round.first {
            frames = round.rawFrames
        } else if self.position.offset < end.offset {
            // It came while these were on their way: it gets the rest.
            frames = RawProtocol.frames(round.entries.drop { $0.position.offset <= self.position.offset })
        } else {
            return
        }
        self.position = end
        switch self.handler?.send(frames) {
        case .accepted:
            self.metrics.delivered(round.entries.count)
            self.answers?.delivered(
                round.entries.drop { $0.position.epoch == last.epoch && $0.position.offset <= last.offset }
            )
        case .slowConsumer, .closed, nil: break
        }
    }

    func interrupted(_ reason: UnrecoverableReason, head: Position) {
        // A raw client has no words for it; the node's log and metrics have.
        self.position = head
    }

    func drain() {
        self.handler?.close(text: "this node is draining; connect again", reason: .drain)
    }
}

extension RawSocket: WebSocketOwner {
    func messageReceived(_ message: WebSocketMessage) {
        self.answers?.received(message)
    }

    func ended(_ reason: WebSocketEndReason) {
        guard let handler = self.handler.take() else { return }
        self.lane.stopHeartbeat(of: handler)
        self.membership.leave(self)
        self.metrics.ended(reason, channel: self.membership.channel)
    }
}
