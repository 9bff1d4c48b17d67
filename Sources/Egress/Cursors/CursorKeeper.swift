// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Maintains the cursor of one consumer of a channel for the clients of one lane. The lane visits it once a second
/// while there is something to store. Bound to the lane's event loop.
final class CursorKeeper {
    /// How many clients are checked for receipt: more than one, since a vanished client is silent until its heartbeat
    /// ends it, and few, since a consumer may have thousands.
    private static let witnessLimit = 4

    /// A client that is checked for receipt.
    private struct Witness {
        let client: any CursorClient
        var receipt: ReceiptStateMachine
    }

    private let consumer: ConsumerName
    private let channel: ChannelID
    private let broker: any Broker
    private let eventLoop: any EventLoop
    private var cursor = CursorStateMachine()
    private var witnesses: [Witness] = []
    /// Whether its lane visits it. Owned by the lane.
    var isVisited = false

    init(consumer: ConsumerName, channel: ChannelID, broker: any Broker, eventLoop: any EventLoop) {
        self.consumer = consumer
        self.channel = channel
        self.broker = broker
        self.eventLoop = eventLoop
    }

    /// A client was sent everything up to a position.
    ///
    /// - Returns: whether the lane must visit the keeper from now on.
    func sent(upTo position: Position, to client: any CursorClient) -> Bool {
        if let index = self.index(of: client) {
            self.witnesses[index].receipt.sent(upTo: position)
        } else if self.witnesses.count < Self.witnessLimit {
            self.witnesses.append(Witness(client: client, receipt: ReceiptStateMachine(sent: position)))
        } else {
            return false
        }
        return !self.isVisited && self.cursor.isNews(position)
    }

    /// Requests a probe for a client about to be sent something, if that makes the lane start visiting the keeper.
    ///
    /// - Returns: the number of a probe to send right after it; nil for none.
    func probe(behindWhatIsSentTo client: any ProbedClient) -> UInt64? {
        guard let index = self.index(of: client) else { return nil }
        return self.witnesses[index].receipt.probe()
    }

    /// A client has read everything up to a probe.
    func probeAnswered(_ number: UInt64, by client: any CursorClient) {
        guard let index = self.index(of: client) else { return }
        self.had(self.witnesses[index].receipt.probeAnswered(number))
        self.store()
    }

    /// A client has acknowledged everything up to a position.
    ///
    /// - Returns: whether the lane must visit the keeper from now on.
    func acknowledged(upTo position: Position) -> Bool {
        self.cursor.had(upTo: position)
        self.store()
        return self.cursor.isBusy && !self.isVisited
    }

    /// A client has ended.
    func ended(_ client: any CursorClient) {
        guard let index = self.index(of: client) else { return }
        var witness = self.witnesses.remove(at: index)
        if case .system(let transmission, queued: _) = client.witness {
            self.had(witness.receipt.look(at: transmission, queued: nil))
            self.store()
        }
    }

    /// A client that received everything up to a position has closed in an orderly way.
    func saidGoodbye(at position: Position) {
        self.cursor.had(upTo: position)
        self.store()
    }

    /// A client that was sent everything up to a position has refused one of the events, and would refuse it each time.
    ///
    /// Without skipping it, the client would get nothing after it as long as the log retains it.
    func refused(upTo position: Position) {
        RefusedEvent(consumer: self.consumer, channel: self.channel, end: position, broker: self.broker)
            .find(on: self.eventLoop).assumeIsolated().whenSuccess { if let found = $0 { self.saidGoodbye(at: found) } }
    }

    /// The lane's visit.
    ///
    /// - Returns: whether there is something left to store.
    func visit() -> Bool {
        var probes: [(client: any ProbedClient, number: UInt64)] = []
        var isBusy = false
        for index in self.witnesses.indices where self.cursor.isNews(self.witnesses[index].receipt.sent) {
            isBusy = true
            switch self.witnesses[index].client.witness {
            case .client(let client):
                if let number = self.witnesses[index].receipt.probe() { probes.append((client, number)) }
            case .system(let transmission, let queued):
                self.had(self.witnesses[index].receipt.look(at: transmission, queued: queued))
            }
        }
        // The probe may end a client, which is then checked no more.
        for probe in probes { probe.client.probe(probe.number) }
        self.store()
        return isBusy || self.cursor.isBusy
    }

    /// Whether it has no clients and nothing to store, so that it can be dropped.
    var isIdle: Bool { !self.isVisited && self.witnesses.isEmpty && !self.cursor.isBusy }

    private func index(of client: any CursorClient) -> Int? {
        self.witnesses.firstIndex { $0.client === client }
    }

    private func had(_ position: Position?) {
        if let position { self.cursor.had(upTo: position) }
    }

    private func store() {
        guard let position = self.cursor.store() else { return }
        self.broker.moveCursor(of: self.consumer, on: self.channel, to: position, eventLoop: self.eventLoop)
            .assumeIsolated().whenComplete {
                guard case .success = $0 else {
                    // The next visit tries again.
                    return self.cursor.storeEnded(isStored: false)
                }
                self.cursor.storeEnded(isStored: true)
                // An orderly close may have arrived meanwhile, after which there are no more visits.
                self.store()
            }
    }
}

@available(*, unavailable)
extension CursorKeeper: Sendable {}
