// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// Something a node saw happen on a channel, published to its observers: for display only.
public struct Observation: Hashable, Sendable {
    /// What happened.
    public enum Kind: String, Sendable, CaseIterable {
        /// A request that names the bot's secret was refused.
        case refused
        /// Events were written to clients.
        case delivered
        /// A request that waited for a reply was answered.
        case answered
    }

    /// The largest `json`, in bytes.
    public static let limit = 48 << 10

    /// What happened.
    public var kind: Kind
    /// The details, as a JSON object on one line.
    public var json: ByteBuffer

    /// An observation from its parts.
    public init(_ kind: Kind, json: ByteBuffer) {
        self.kind = kind
        self.json = json
    }

    /// Its wire format between nodes: the kind, a line feed, and the JSON.
    package var encoded: ByteBuffer {
        var bytes = ByteBuffer(string: self.kind.rawValue + "\n")
        bytes.writeImmutableBuffer(self.json)
        return bytes
    }

    /// Reads what `encoded` wrote; nil for anything else. The JSON is trusted except for line breaks: anyone who can
    /// write to the shared store can do worse.
    package init?(encoded: ByteBuffer) {
        guard encoded.readableBytes <= Self.limit + 16 else { return nil }
        var rest = encoded
        let view = encoded.readableBytesView
        guard let end = view.firstIndex(of: UInt8(ascii: "\n")),
            let name = rest.readString(length: end - view.startIndex), let kind = Kind(rawValue: name)
        else { return nil }
        rest.moveReaderIndex(forwardBy: 1)
        guard !rest.readableBytesView.contains(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) else {
            return nil
        }
        self.init(kind, json: rest)
    }
}

/// An observer. Called from any thread, often under a lock: it must hand over and return, and not call the broker.
public protocol ObservationReceiver: AnyObject, Sendable {
    /// Takes an observation. Observations may be lost and arrive in any order.
    func receive(_ observation: Observation)
}

/// An observer's subscription, active until it is cancelled.
public protocol ObservationSubscription: AnyObject, Sendable {
    /// Ends it. Once this has returned the receiver is not called again, except for calls already in progress.
    /// Idempotent.
    func cancel()
}
