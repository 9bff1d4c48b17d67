// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import NIOCore
internal import Shared

/// One database job, and its completion.
struct DiskJob: Sendable {
    /// A job's queue cost besides its event, in bytes.
    static let cost = 512

    /// A job's relation to transactions.
    enum Kind: Sendable {
        /// Reads what is committed.
        case read
        /// Reads what is committed, and all that was asked to be written before it: waits for the disk, but is done though that
        /// takes nothing.
        case readBehind
        /// Changes something; it is done when that is committed.
        case write
        /// Removes what is over, and tries a disk that failed.
        case upkeep

        /// Whether it changes nothing.
        var isRead: Bool { self == .read || self == .readBehind }
    }

    let kind: Kind
    /// How many bytes of events it stores.
    let eventBytes: Int
    /// Does it, at a time. What it returns is run once it is committed. Where it throws, the transaction fails.
    let perform: @Sendable (inout LogStore, Int64, Database) throws -> @Sendable () -> Void
    /// Tells that it was not done.
    let fail: @Sendable (BrokerError) -> Void

    /// Its queue cost, in bytes.
    var bytes: Int { Self.cost + self.eventBytes }

    /// A job that answers with what `body` returns. A `BrokerError` of `body` is an answer too: it must not have changed
    /// anything then.
    static func asking<Value: Sendable>(
        _ kind: Kind,
        answer: EventLoopPromise<Value>,
        _ body: @escaping @Sendable (inout LogStore, Int64, Database) throws -> Value
    ) -> DiskJob {
        DiskJob(kind: kind, eventBytes: 0) { store, now, database in
            do {
                let value = try body(&store, now, database)
                return { answer.succeed(value) }
            } catch let error as BrokerError {
                return { answer.fail(error) }
            }
        } fail: {
            answer.fail($0)
        }
    }
}
