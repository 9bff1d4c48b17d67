// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared
internal import Synchronization

/// Publishes events by the script `publish`. Any thread.
final class Publisher: Sendable {
    /// The longest lifetime of a key, in milliseconds: a year. Redis refuses what does not fit into its clock.
    private static let longestLifetime: Int64 = 365 * 24 * 60 * 60 * 1000

    private struct State {
        var channels: PublishedChannels
        var epochs = EpochSource()
    }

    /// How long feeds may need to be on again when Redis works again.
    private static let recovery = TimeAmount.seconds(5)

    private let client: RedisClient
    private let script: RedisScript
    /// The same for channels with a retention of their own.
    private let keepingScript: RedisScript
    private let eventLimit: Int
    private let isProbe: Bool
    private let state: Mutex<State>

    /// - Parameters:
    ///   - eventLimit: the largest event that is published, in bytes.
    ///   - isProbe: whether it publishes probes, which are never acknowledged, so that no replica is waited for.
    init(client: RedisClient, settings: PublishSettings, eventLimit: Int, isProbe: Bool = false) {
        self.isProbe = isProbe
        self.client = client
        let script = RedisScript.publish(settings)
        self.script = script
        self.keepingScript = RedisScript.publishKeeping(settings)
        self.eventLimit = eventLimit
        self.state = Mutex(State(channels: PublishedChannels(script: script)))
    }

    /// Publishes an event.
    ///
    /// - Parameter completion: is called on `eventLoop`, unless it is called before this returns; a failure is a
    ///   `BrokerError`, or a `RedisError` as Redis says it. A closure, since futures cost more than all else here.
    func publish(
        _ event: Event,
        to channel: ChannelID,
        key: DuplicateKey?,
        retention: ChannelRetention? = nil,
        on eventLoop: any EventLoop,
        completion: @escaping @Sendable (Result<Publication, any Error>) -> Void
    ) {
        let head = EventEncoding.head(of: event)
        guard head.readableBytes + event.body.readableBytes <= self.eventLimit else {
            return completion(.failure(BrokerError.eventTooLarge))
        }
        let (known, epoch) = self.state.withLock { ($0.channels.channel(channel), $0.epochs.next()) }
        let call = PublishCall(
            channel: known,
            event: .joined(head, event.body),
            key: key.map {
                (known.keys.seen($0.text), min(max($0.lifetimeMilliseconds, 1), Self.longestLifetime))
            },
            epoch: epoch
        )
        if let retention {
            return self.publish(call, keeping: retention, to: channel, on: eventLoop, completion: completion)
        }
        self.store(call.byName, at: known.keys.place, on: eventLoop) { reply in
            if RedisScripts.isUnknown(reply) {
                self.store(call.byText(self.script), at: known.keys.place, on: eventLoop) { reply in
                    completion(self.publication(reply, on: channel, at: known.keys.place))
                }
            } else {
                completion(self.publication(reply, on: channel, at: known.keys.place))
            }
        }
    }

    private func publish(
        _ call: PublishCall,
        keeping retention: ChannelRetention,
        to channel: ChannelID,
        on eventLoop: any EventLoop,
        completion: @escaping @Sendable (Result<Publication, any Error>) -> Void
    ) {
        let script = self.keepingScript
        let place = call.channel.keys.place
        self.store(call.keeping(retention, "EVALSHA", script.name), at: place, on: eventLoop) { reply in
            if RedisScripts.isUnknown(reply) {
                self.store(call.keeping(retention, "EVAL", script.source), at: place, on: eventLoop) { reply in
                    completion(self.publication(reply, on: channel, at: place))
                }
            } else {
                completion(self.publication(reply, on: channel, at: place))
            }
        }
    }

    private func store(
        _ command: RESPCommand,
        at place: RedisPlace,
        on eventLoop: any EventLoop,
        completion: @escaping @Sendable (Result<RESPValue, any Error>) -> Void
    ) {
        if self.isProbe {
            self.client.send(command, at: place, on: eventLoop, completion: completion)
        } else {
            self.client.store(command, at: place, on: eventLoop, completion: completion)
        }
    }

    private func publication(
        _ reply: Result<RESPValue, any Error>,
        on channel: ChannelID,
        at place: RedisPlace
    ) -> Result<Publication, any Error> {
        switch reply {
        case .success(let reply):
            guard var publication = PublishCall.publication(reply) else { return .failure(BrokerError.refused) }
            if case .stored(let position, feeds: 0) = publication,
                self.client.isTroubled(at: place, within: Self.recovery)
            {
                // The feeds that there are may not be on again, and read it from the log.
                publication = .stored(position, feeds: 1)
            }
            if case .stored(let position, feeds: _) = publication {
                self.state.withLock { $0.channels.stored(at: position, on: channel) }
            }
            return .success(publication)
        case .failure(let error):
            if let error = error as? RedisError, error.isForbidden { self.client.node(at: place)?.forbidden(error) }
            return .failure(error)
        }
    }
}
