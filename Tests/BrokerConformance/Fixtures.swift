// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
internal import NIOHTTP1
internal import NIOPosix
public import Shared

/// What tests of brokers share: event loops to publish on, channels that nobody has, events that are easy to tell apart.
public enum Fixtures {
    /// Event loops that publish at the same time, more than the machine may have cores.
    public static let group: any EventLoopGroup = MultiThreadedEventLoopGroup(numberOfThreads: 4)

    /// One of the event loops.
    public static var eventLoop: any EventLoop { self.group.next() }

    /// A channel that no other test has.
    public static func channel() -> ChannelID {
        let digits = (0..<32).map { _ in Character(String(Int.random(in: 0...15), radix: 16)) }
        guard let channel = ChannelID(String(digits)) else {
            preconditionFailure("32 hexadecimal digits name a channel")
        }
        return channel
    }

    /// An event whose body is `text`.
    public static func event(_ text: String, query: String = "") -> Event {
        Event(
            platform: "qq",
            id: "id-\(text)",
            receivedAt: 1_700_000_000_000,
            query: query,
            body: ByteBuffer(string: text),
            bodyIsUTF8: true
        )
    }
}

extension Event {
    /// The body as text.
    public var text: String { String(buffer: self.body) }
}

extension Broker {
    /// Publishes on one of the fixture's event loops.
    @discardableResult
    public func publish(
        _ event: Event,
        to channel: ChannelID,
        keyed: String? = nil,
        lifetimeMilliseconds: Int64 = DuplicateKey.defaultLifetimeMilliseconds,
        keeping retention: ChannelRetention? = nil,
        on eventLoop: any EventLoop = Fixtures.eventLoop
    ) async throws -> Publication {
        let key = keyed.map { DuplicateKey($0, lifetimeMilliseconds: lifetimeMilliseconds) }
        return try await self.publish(event, to: channel, key: key, retention: retention, on: eventLoop)
            .future(on: eventLoop).get()
    }

    /// Publishes events with these bodies, one after the other, and returns their positions.
    @discardableResult
    public func publish(
        _ texts: [String],
        to channel: ChannelID,
        keeping retention: ChannelRetention? = nil
    ) async throws -> [Position] {
        var positions: [Position] = []
        for text in texts {
            let publication = try await self.publish(Fixtures.event(text), to: channel, keeping: retention)
            guard case .stored(let position, feeds: _) = publication else { continue }
            positions.append(position)
        }
        return positions
    }

    /// Feeds a new recorder.
    public func record(_ channel: ChannelID) async throws -> (Recorder, any FeedSubscription) {
        let recorder = Recorder()
        return (recorder, try await self.feed(channel, to: recorder, on: Fixtures.eventLoop).get())
    }

    /// Reads one page.
    public func page(_ channel: ChannelID, after position: Position? = nil, limit: Int = 1_000) async throws -> LogPage
    {
        try await self.log(channel, after: position, limit: limit, on: Fixtures.eventLoop).get()
    }
}

extension LogPage {
    /// The bodies of a page's events; nil where the position was not recoverable.
    public var texts: [String]? { self.entries?.map(\.event.text) }

    /// A page's events; nil where the position was not recoverable.
    public var entries: [LogEntry]? {
        switch self {
        case .entries(let entries, head: _): entries
        case .notRecoverable: nil
        }
    }

    /// Where the log stood.
    public var head: Position {
        switch self {
        case .entries(_, let head), .notRecoverable(_, let head): head
        }
    }

    /// Why a page could not be read; nil for a page that was.
    public var reason: UnrecoverableReason? {
        switch self {
        case .entries: nil
        case .notRecoverable(let reason, head: _): reason
        }
    }
}
