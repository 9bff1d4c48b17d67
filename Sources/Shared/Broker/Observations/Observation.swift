// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// What a node saw happen on a channel, for whoever looks on: a note for people, on which nothing depends.
public struct Observation: Hashable, Sendable {
    /// What happened.
    public enum Kind: String, Sendable, CaseIterable {
        /// A request that names the bot's secret was refused.
        case refused
        /// Events were written to clients.
        case delivered
        /// A request that waited for a reply had its answer.
        case answered
    }

    /// The most bytes of what is said.
    public static let limit = 48 << 10

    /// What happened.
    public var kind: Kind
    /// The rest, as a JSON object on one line.
    public var json: ByteBuffer

    /// An observation from its parts.
    public init(_ kind: Kind, json: ByteBuffer) {
        self.kind = kind
        self.json = json
    }

    /// Its bytes on the way between nodes: the kind, a line feed, and the JSON.
    package var encoded: ByteBuffer {
        var bytes = ByteBuffer(string: self.kind.rawValue + "\n")
        bytes.writeImmutableBuffer(self.json)
        return bytes
    }

    /// Reads what `encoded` wrote; nil for anything else. The JSON is taken on trust, but for line breaks: whoever can write
    /// into the store that joins the nodes can do worse.
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

/// Who looks on. Called from any thread, often under a lock: it must hand over and return, and not call the broker.
public protocol ObservationReceiver: AnyObject, Sendable {
    /// Takes what was seen. Observations may be missing, and have no order.
    func receive(_ observation: Observation)
}

/// Somebody looks on, until it is cancelled.
public protocol ObservationSubscription: AnyObject, Sendable {
    /// Ends it. The receiver is not called again once this has returned, but for calls that are under way. Does nothing the
    /// second time.
    func cancel()
}
