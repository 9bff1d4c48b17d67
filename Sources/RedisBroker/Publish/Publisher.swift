// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared
internal import Synchronization

/// Publishes events by the script `publish`. Any thread.
final class Publisher: Sendable {
    /// What the script is told besides the event.
    struct Settings: Sendable {
        var retentionCount: Int
        var retentionAgeMilliseconds: Int64
        var positionLifetimeMilliseconds: Int64
        var pushLimit: Int
        var eventLimit: Int
    }

    /// The longest lifetime of a key, in milliseconds: a year. Redis refuses what does not fit into its clock.
    private static let longestLifetime: Int64 = 365 * 24 * 60 * 60 * 1000

    private let scripts: RedisScripts
    private let settings: Settings
    private let channels = Mutex(PublishedChannels())

    init(client: RedisClient, settings: Settings) {
        self.scripts = RedisScripts(client: client)
        self.settings = settings
    }

    /// Publishes an event.
    ///
    /// - Returns: a future on `eventLoop` that fails with `BrokerError`, or with `RedisError` as Redis says it.
    func publish(
        _ event: Event,
        to channel: ChannelID,
        key: DuplicateKey?,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<Publication> {
        let head = EventEncoding.head(of: event)
        guard head.readableBytes + event.body.readableBytes <= self.settings.eventLimit else {
            return eventLoop.makeFailedFuture(BrokerError.eventTooLarge)
        }
        let known = self.channels.withLock { $0.channel(channel) }
        let call = PublishCall(
            channel: known,
            event: .joined(head, event.body),
            key: key.map { known.keys.seen($0.text) },
            keyLifetime: key.map { min(max($0.lifetimeMilliseconds, 1), Self.longestLifetime) } ?? 0,
            epoch: .random(),
            settings: self.settings
        )
        return self.scripts.run(.publish, on: eventLoop) { name, script in
            call.command(name, script)
        }.flatMapThrowing { reply in
            let publication = try Self.publication(reply)
            if case .stored(let position, feeds: _) = publication {
                self.channels.withLock { $0.stored(at: position, on: channel) }
            }
            return publication
        }
    }

    /// What the script answers.
    private static func publication(_ reply: RESPValue) throws(BrokerError) -> Publication {
        switch reply {
        case .null:
            return .duplicate
        case .array(let parts) where parts.count == 3:
            guard let epoch = parts[0].string.flatMap(Epoch.init), case .integer(let offset) = parts[1],
                let offset = UInt64(exactly: offset), case .integer(let feeds) = parts[2], feeds >= 0
            else { throw .refused }
            return .stored(Position(epoch: epoch, offset: offset), feeds: feeds)
        default:
            throw .refused
        }
    }
}

/// One call of the script `publish`.
private struct PublishCall: Sendable {
    var channel: PublishedChannels.Channel
    var event: RESPArgument
    var key: String?
    var keyLifetime: Int64
    var epoch: Epoch
    var settings: Publisher.Settings

    func command(_ name: String, _ script: String) -> RESPCommand {
        let settings = self.settings
        let following: [RESPArgument] = [
            .string(self.key ?? self.channel.keys.unseen),
            self.event,
            .string(self.epoch.padded),
            .string(self.channel.position?.epoch.padded ?? ""),
            .integer(Int(clamping: self.channel.position?.offset ?? 0)),
            .integer(Int(self.keyLifetime)),
            .integer(settings.retentionCount),
            .integer(Int(settings.retentionAgeMilliseconds) * 1_000),
            .integer(Int(settings.positionLifetimeMilliseconds)),
            .integer(settings.pushLimit),
        ]
        let keys = self.channel.keys
        return RESPCommand(
            name,
            [.string(script), .integer(4), .string(keys.log), .string(keys.meta), .string(keys.feed)] + following
        )
    }
}

extension Epoch {
    /// Always sixteen digits, as scripts and pushed messages have it.
    var padded: String {
        let digits = self.description
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
