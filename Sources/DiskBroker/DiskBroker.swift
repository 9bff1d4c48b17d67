// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB
public import Logging
public import NIOCore
public import Shared
internal import Synchronization

/// A broker in the files of one process: what is acknowledged is on the disk, and outlives the process and a loss of power.
///
/// The log is an SQLite database with a write-ahead log. A publication is done when its transaction is committed and the
/// disk has it; publications that come while the disk is at work share the next transaction. Offsets, epochs, duplicate
/// keys, cursors, groups, dead letters and tokens are where they were when it is opened again; feeds and inboxes, and the
/// requests that wait for replies, end with the process.
///
/// The files are bounded: by number and age for each channel, and by bytes for all, where the oldest events go first.
/// While the disk is full, fails or hangs, publications fail with `BrokerError.unavailable`, `health` says why, and every
/// second it is tried whether the disk takes something again.
public final class DiskBroker: Broker {
    private let worker: DiskWorker
    private let condition: DiskHealth
    private let feeds: DiskFeeds
    private let inboxes = LocalInboxes()
    private let reports = LocalReports()
    private let metrics: DiskBrokerMetrics
    private let seed: [UInt8]
    private let eventLimit: Int
    private let upkeep = Mutex<Task<Void, Never>?>(nil)

    /// Opens the log, or makes one. Blocks while the files are checked, about a second for each GiB.
    ///
    /// - Parameters:
    ///   - logger: for a disk that fails, and that works again.
    ///   - now: the wall clock, in milliseconds since 1970. Where it is set back, what is retained is retained longer.
    /// - Throws: `DiskBrokerError` where another process has the directory, or the files cannot be used.
    public init(
        configuration: DiskBrokerConfiguration,
        logger: Logger,
        now: @escaping @Sendable () -> Int64 = WallClock.now
    ) throws(DiskBrokerError) {
        precondition(configuration.limit >= DiskBrokerConfiguration.leastLimit, "a log has room for its own tables")
        precondition(configuration.retentionCount > 0, "a log must retain at least one event")
        let directory = try DataDirectory(path: configuration.directory)
        let reserve = DiskReserve(path: directory.reserve, bytes: DiskReserve.bytes(limit: configuration.limit))
        // What was written ahead is carried over when the log is opened, and a full disk has no room for that.
        let hadReserve = reserve.release()
        let (database, space) = try DatabaseFile.open(directory.file, limit: configuration.limit)
        self.metrics = DiskBrokerMetrics()
        let feeds = DiskFeeds(metrics: self.metrics)
        let store: LogStore
        do {
            store = try database.writeWithoutTransaction { database in
                try LogStore(configuration: configuration, space: space, feeds: feeds, database)
            }
        } catch {
            throw DatabaseFile.error(error, file: directory.file)
        }
        self.feeds = feeds
        self.seed = store.names.seed
        self.eventLimit = space.eventBytes
        self.condition = DiskHealth(file: directory.file, metrics: self.metrics, logger: logger)
        let isHeld = reserve.hold()
        if let room = directory.room, room < configuration.limit {
            logger.warning(
                """
                The disk of \(directory.file) has less room than --data-limit allows the log: lower that, or the disk may be \
                full before the oldest events are let go, and new ones refused.
                """,
                metadata: ["limit": "\(configuration.limit)", "room": "\(room)"]
            )
        } else if !isHeld {
            logger.warning(
                "\(reserve.path) cannot be written: on a disk that is full nothing could be removed from the log."
            )
        }
        self.worker = DiskWorker(
            database: database,
            directory: directory,
            reserve: reserve,
            roomAhead: space.pagesAhead * space.pageSize,
            queue: WorkQueue(limit: configuration.pendingLimit, batchBytes: space.transactionBytes),
            store: store,
            health: self.condition,
            metrics: self.metrics,
            now: now
        )
        // The reserve is what room is made with, and has to be held again before it is needed.
        if hadReserve, !isHeld { self.condition.failed(.full) }
        if configuration.keepsUp { self.startUpkeep() }
    }

    /// Ends all feeds, stores what waits and closes the files. Whatever is asked afterwards fails. A disk that hangs is
    /// waited for for ten seconds; what waits for it then fails.
    public func shutdown() async {
        await self.shutdown(within: .seconds(10))
    }

    /// The same, within a time.
    ///
    /// - Returns: whether the files were closed.
    @discardableResult
    func shutdown(within time: TimeAmount) async -> Bool {
        self.upkeep.withLock { $0.take() }?.cancel()
        let isClosed = await self.worker.shutdown(within: time)
        self.feeds.end()
        self.inboxes.end()
        return isClosed
    }

    public var health: BrokerHealth { self.condition.health }

    // MARK: Events

    public func publish(
        _ event: Event,
        to channel: ChannelID,
        key: DuplicateKey?,
        retention: ChannelRetention?,
        on eventLoop: any EventLoop
    ) -> PendingPublication {
        let bytes = EventEncoding.encode(event)
        guard bytes.readableBytes <= self.eventLimit else {
            self.metrics.published(.failure(.eventTooLarge))
            return .failed(.eventTooLarge)
        }
        let key = key.map { KeyDigest($0, channel: channel, seed: self.seed) }
        let promise = eventLoop.makePromise(of: Publication.self)
        let (feeds, metrics) = (self.feeds, self.metrics)
        self.worker.submit(
            DiskJob(kind: .write, eventBytes: bytes.readableBytes + DiskSpace.eventCost) { store, now, database in
                guard
                    let position = try store.publish(
                        bytes,
                        to: channel,
                        key: key,
                        retention: retention,
                        now: now,
                        database
                    )
                else {
                    return {
                        metrics.published(.success(.duplicate))
                        promise.succeed(.duplicate)
                    }
                }
                return {
                    let delivery = feeds.deliver(LogEntry(position: position, event: event), on: channel)
                    let publication = Publication.stored(position, feeds: delivery.feeds)
                    metrics.published(.success(publication))
                    guard !delivery.pressure.isEmpty else { return promise.succeed(publication) }
                    EventLoopFuture.whenAllComplete(delivery.pressure, on: eventLoop).map { _ in publication }
                        .cascade(to: promise)
                }
            } fail: { error in
                metrics.published(.failure(error))
                promise.fail(error)
            }
        )
        return .pending(promise.futureResult)
    }

    public func feed(
        _ channel: ChannelID,
        to receiver: any FeedReceiver,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any FeedSubscription> {
        let feeds = self.feeds
        // Deliveries are made where reads are: none is between the two steps.
        return self.ask(.read, on: eventLoop) { store, _, database in
            feeds.add(receiver, to: channel, start: try store.head(of: channel, database))
        }
    }

    public func log(
        _ channel: ChannelID,
        after position: Position?,
        limit: Int,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<LogPage> {
        self.ask(.read, on: eventLoop) { store, now, database in
            try store.page(channel, after: position, limit: max(limit, 1), now: now, database)
        }
    }

    // MARK: Observations

    public func report(on channel: ChannelID, _ make: () -> Observation) {
        self.reports.report(on: channel, make)
    }

    public func isObserved(_ channel: ChannelID) -> Bool {
        self.reports.isObserved(channel)
    }

    public func observe(
        _ channel: ChannelID,
        with receiver: any ObservationReceiver,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any ObservationSubscription> {
        eventLoop.makeSucceededFuture(self.reports.observe(channel, with: receiver))
    }

    // MARK: Replies

    public func openInbox(
        of node: NodeID,
        to receiver: any ReplyReceiver,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any ReplyInbox> {
        eventLoop.makeSucceededFuture(self.inboxes.open(node, to: receiver))
    }

    public func reply(
        _ reply: Reply,
        to token: ReplyToken,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<ReplyOutcome> {
        eventLoop.makeSucceededFuture(self.inboxes.reply(reply, to: token))
    }

    // MARK: Inside

    /// Asks the database, and answers on `eventLoop`.
    func ask<Value: Sendable>(
        _ kind: DiskJob.Kind,
        on eventLoop: any EventLoop,
        _ body: @escaping @Sendable (inout LogStore, Int64, Database) throws -> Value
    ) -> EventLoopFuture<Value> {
        let promise = eventLoop.makePromise(of: Value.self)
        self.worker.submit(.asking(kind, answer: promise, body))
        return promise.futureResult
    }

    /// Removes what is over, and tries a disk that failed; or fails what waits for one that hangs.
    func keepUp(at time: NIODeadline = .now()) {
        guard !self.worker.failIfHung(at: time) else { return }
        self.worker.submit(DiskJob(kind: .upkeep, eventBytes: 0, perform: { _, _, _ in {} }, fail: { _ in }))
    }

    private func startUpkeep() {
        let task = Task { [weak self] in
            while !Task.isCancelled {
                self?.keepUp()
                try? await Task.sleep(for: .seconds(1))
            }
        }
        self.upkeep.withLock { $0 = task }
    }
}
