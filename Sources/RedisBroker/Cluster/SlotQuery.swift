// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore

/// A node's view of its cluster.
struct SlotAnswer: Sendable {
    var map: SlotMap
    /// Whether the node reports that the cluster is down.
    var isDown: Bool
}

/// Why a node's slot map could not be obtained.
enum SlotQueryError: Error {
    /// There is no connection.
    case lost(RedisLoss)
    /// It answered with an error.
    case refused(RedisError)
    /// It answered something else than slots.
    case unusable(SlotMapError)
}

extension SlotQueryError: CustomStringConvertible {
    /// A sentence for an operator.
    var description: String {
        switch self {
        case .lost(let loss): "\(loss)"
        case .refused(.command(let line)) where line.contains("cluster support disabled"):
            "It is no node of a cluster; a Redis by itself has a URL that begins with redis://."
        case .refused(let error):
            "It does not tell which node has which slots; check the user's permission for CLUSTER SLOTS. \(error)"
        case .unusable(.tooOld): "It is older than Redis 7.0 and has no sharded Pub/Sub; upgrade the cluster."
        case .unusable(.tooManyNodes):
            "The cluster has more than \(SlotMap.nodeLimit) masters, which is more than is taken."
        case .unusable(.malformed): "Its answer to CLUSTER SLOTS is not one that Redis gives."
        }
    }
}

/// Asks one node, master or replica, which node has which slots: on a connection of its own, so that it does not queue
/// behind hanging commands. On one event loop.
final class SlotQuery {
    private let asked: ClusterEndpoint
    private let promise: EventLoopPromise<SlotAnswer>
    private var handler: RedisConnectionHandler?
    private var map: SlotMap?

    private init(asked: ClusterEndpoint, promise: EventLoopPromise<SlotAnswer>) {
        self.asked = asked
        self.promise = promise
    }

    /// Asks.
    ///
    /// - Parameter configuration: the node's.
    /// - Returns: a future on `eventLoop`, which it is called on; it fails with `SlotQueryError`.
    static func run(
        _ configuration: RedisConfiguration,
        at asked: ClusterEndpoint,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<SlotAnswer> {
        let promise = eventLoop.makePromise(of: SlotAnswer.self)
        let query = SlotQuery(asked: asked, promise: promise)
        RedisConnector(configuration: configuration).connect(to: configuration.url.address, on: eventLoop)
            .assumeIsolated().whenComplete { result in
                switch result {
                case .success(let channel): query.attach(to: channel, configuration)
                case .failure(let error): promise.fail(SlotQueryError.lost(RedisLoss(.connectFailed, error: error)))
                }
            }
        return promise.futureResult
    }

    private func attach(to channel: any Channel, _ configuration: RedisConfiguration) {
        let handler = RedisConnectionHandler(
            configuration: .init(configuration),
            handshake: RedisHandshake.start(
                credentials: configuration.url.credentials,
                database: 0,
                clientName: "\(configuration.clientName)-\(RedisHandshake.Purpose.slots.rawValue)",
                role: .clusterNode
            ),
            limits: configuration.limits,
            owner: self
        )
        self.handler = handler
        do {
            try channel.pipeline.syncOperations.addHandler(handler)
        } catch {
            channel.close(promise: nil)
            self.finish(.failure(.lost(RedisLoss(.connectFailed, error: error))))
        }
    }

    private func slotsReceived(_ result: Result<RESPValue, any Error>) {
        do {
            self.map = try SlotMap(slots: try result.get(), asked: self.asked)
        } catch let error as SlotMapError {
            self.finish(.failure(.unusable(error)))
        } catch let error as RedisError {
            self.finish(.failure(.refused(error)))
        } catch {
            self.finish(.failure(.lost(RedisLoss(.commandTimeout))))
        }
    }

    private func stateReceived(_ result: Result<RESPValue, any Error>) {
        guard let map else { return }
        // The user may lack permission for this; commands will then show the state.
        let state = try? result.get().string
        self.finish(.success(SlotAnswer(map: map, isDown: state?.contains("cluster_state:fail") ?? false)))
    }

    private func finish(_ result: Result<SlotAnswer, SlotQueryError>) {
        // The first result counts.
        guard let handler = self.handler.take() else { return }
        handler.close()
        self.promise.completeWith(result.mapError { $0 })
    }
}

extension SlotQuery: RedisConnectionOwner {
    func connectionReady() {
        let box = NIOLoopBound(self, eventLoop: self.promise.futureResult.eventLoop)
        self.handler?.send(RESPCommand("CLUSTER", "SLOTS"), to: RedisReceiver { box.value.slotsReceived($0) })
        self.handler?.send(RESPCommand("CLUSTER", "INFO"), to: RedisReceiver { box.value.stateReceived($0) })
    }

    func connectionLost(_ loss: RedisLoss) {
        self.finish(.failure(.lost(loss)))
    }

    func troubleChanged(_ trouble: RedisConnectionHandler.Machine.Trouble?) {}
}

@available(*, unavailable)
extension SlotQuery: Sendable {}
