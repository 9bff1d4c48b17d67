// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOCore
import Shared
import Synchronization

/// A broker that publishes as it is told, and keeps what it was given.
final class StubBroker: ForwardingBroker {
    let base: any Broker = RefusingBroker()
    /// What is made of a publication.
    enum Behaviour: Sendable {
        case complete(Result<Publication, BrokerError>)
        /// It waits until `settle`.
        case wait
    }

    struct Published: Sendable {
        var event: Event
        var channel: ChannelID
        var key: DuplicateKey?
    }

    private let behaviour: Mutex<Behaviour>
    private let log = Mutex<[Published]>([])
    private let pending = Mutex<[EventLoopPromise<Publication>]>([])

    init(_ behaviour: Behaviour) { self.behaviour = Mutex(behaviour) }

    convenience init(_ publication: Publication) { self.init(.complete(.success(publication))) }

    convenience init(_ error: BrokerError) { self.init(.complete(.failure(error))) }

    /// An event that is stored while that many feeds are on.
    convenience init(feeds: Int) {
        self.init(.stored(Position(epoch: .random(), offset: 1), feeds: feeds))
    }

    /// What was published so far.
    var published: [Published] { self.log.withLock { $0 } }

    /// From now on.
    func behave(_ behaviour: Behaviour) { self.behaviour.withLock { $0 = behaviour } }

    /// Completes what waits.
    func settle(_ result: Result<Publication, BrokerError>) {
        let pending = self.pending.withLock { pending in
            defer { pending = [] }
            return pending
        }
        for promise in pending {
            promise.completeWith(result.mapError { $0 as any Error })
        }
    }

    var health: BrokerHealth { .ready }

    func publish(
        _ event: Event,
        to channel: ChannelID,
        key: DuplicateKey?,
        retention: ChannelRetention?,
        on eventLoop: any EventLoop
    ) -> PendingPublication {
        self.log.withLock { $0.append(Published(event: event, channel: channel, key: key)) }
        switch self.behaviour.withLock({ $0 }) {
        case .complete(let result):
            return .pending(eventLoop.makeCompletedFuture(result.mapError { $0 as any Error }))
        case .wait:
            let promise = eventLoop.makePromise(of: Publication.self)
            self.pending.withLock { $0.append(promise) }
            return .pending(promise.futureResult)
        }
    }
}
