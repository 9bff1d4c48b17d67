// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A connection whose client moves a cursor. Bound to its lane's event loop.
protocol CursorClient: AnyObject {
    /// Whether all that the client was sent is with the system; false for a connection that is gone.
    var isFlushed: Bool { get }

    /// How many bytes wait to be given to the system; nil for a connection that is gone.
    var queuedBytes: Int? { get }

    /// How far the system is with it; nil where it does not say.
    var transmission: Transmission? { get }
}

/// Keeps the cursor of one consumer of a channel, for the clients of one lane: runs what `CursorStateMachine` decides. A
/// lane visits it once a second while there is something to keep. Bound to the lane's event loop.
final class CursorKeeper {
    private let consumer: ConsumerName
    private let channel: ChannelID
    private let broker: any Broker
    private let eventLoop: any EventLoop
    private var machine = CursorStateMachine()
    /// The client that was sent the last event first.
    private var client: (any CursorClient)?
    /// Whether its lane visits it. The lane's own.
    var isVisited = false

    init(consumer: ConsumerName, channel: ChannelID, broker: any Broker, eventLoop: any EventLoop) {
        self.consumer = consumer
        self.channel = channel
        self.broker = broker
        self.eventLoop = eventLoop
    }

    /// A client was sent everything up to a position.
    ///
    /// - Returns: whether the lane has to visit the keeper from now on.
    func sent(upTo position: Position, to client: any CursorClient) -> Bool {
        guard self.machine.sent(upTo: position) else { return false }
        if self.client !== client {
            self.client = client
            self.machine.connectionChanged()
        }
        return !self.isVisited
    }

    /// A client says that it is done with everything up to a position.
    ///
    /// - Returns: whether the lane has to visit the keeper from now on.
    func acknowledged(upTo position: Position) -> Bool {
        self.machine.saidGoodbye(at: position)
        self.store()
        return self.machine.isBusy && !self.isVisited
    }

    /// A client has gone.
    ///
    /// - Parameter position: what it is known to have had; nil where that is not known.
    func ended(_ client: any CursorClient, at position: Position?) {
        if self.client === client {
            self.client = nil
            if position == nil {
                self.machine.look(at: client.transmission, queued: nil)
                self.machine.connectionEnded()
            }
        }
        if let position { self.machine.saidGoodbye(at: position) }
        self.store()
    }

    /// The lane's visit.
    ///
    /// - Returns: whether there is something left to keep.
    func visit() -> Bool {
        if let client {
            self.machine.look(at: client.transmission, queued: client.queuedBytes)
        }
        self.store()
        return self.machine.isBusy
    }

    private func store() {
        guard let position = self.machine.store() else { return }
        self.broker.moveCursor(of: self.consumer, on: self.channel, to: position, eventLoop: self.eventLoop)
            .assumeIsolated().whenComplete {
                guard case .success = $0 else {
                    // The next visit tries again.
                    return self.machine.storeEnded(isStored: false)
                }
                self.machine.storeEnded(isStored: true)
                // A goodbye that came meanwhile may be the last, and nobody visits any more.
                self.store()
            }
    }
}

@available(*, unavailable)
extension CursorKeeper: Sendable {}
