// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// What comes on an envelope socket.
enum RelayMessage: Equatable, Sendable {
    case event(ReceivedEvent)
    case recovery(Recovery)
    case replyResult(ReplyResult)
    /// The answer to a ping: up to where all has come that is for the client, if the relay can say.
    case pong(Position?)
    /// The relay could not use a frame of ours.
    case fault(reason: String, detail: String)
    /// What this version does not know, and passes over.
    case other

    /// Whether what was missed follows.
    struct Recovery: Equatable, Sendable {
        var position: Position
        /// Where the log stands: what is between is on its way.
        var head: Position?
        /// Why events are gone; nil where all of them follow.
        var loss: String?
        var detail: String
        /// Whether another connection asks at once for what is left: a client that goes on behind a position gets all of what
        /// follows it, or nothing.
        var isAskedAgain = false
    }

    /// The outcome of a reply.
    struct ReplyResult: Equatable, Sendable {
        var token: String
        var outcome: String
        var detail: String
    }

    private static let names = JSONMemberNames(
        "type",
        "position",
        "head",
        "recovered",
        "reason",
        "detail",
        "token",
        "outcome"
    )

    /// Reads a frame.
    init(_ frame: ByteBuffer) {
        guard let layout = EnvelopeLayout(frame) else {
            self = .other
            return
        }
        let own: RelayMessage? = layout.attributes.withUnsafeBytes { bytes in
            guard let view = try? JSONObjectView(validating: bytes, members: Self.names) else { return .other }
            return Self.own(view)
        }
        self = own ?? ReceivedEvent(frame).map { .event($0) } ?? .other
    }

    /// The relay's own message; nil for an event.
    private static func own(_ view: JSONObjectView) -> RelayMessage? {
        guard let type = view["type"]?.string, type.hasPrefix("hookwire.") else { return nil }
        let detail = view["detail"]?.string ?? ""
        switch type {
        case "hookwire.recovery":
            guard let position = view["position"]?.string.flatMap({ Position($0) }) else { return .other }
            let isComplete = view["recovered"]?.boolean ?? true
            return .recovery(
                Recovery(
                    position: position,
                    head: view["head"]?.string.flatMap { Position($0) },
                    loss: isComplete ? nil : view["reason"]?.string ?? "unknown",
                    detail: detail
                )
            )
        case "hookwire.reply_result":
            return .replyResult(
                ReplyResult(
                    token: view["token"]?.string ?? "",
                    outcome: view["outcome"]?.string ?? "",
                    detail: detail
                )
            )
        case "hookwire.pong":
            return .pong(view["position"]?.string.flatMap { Position($0) })
        case "hookwire.error":
            return .fault(reason: view["reason"]?.string ?? "", detail: detail)
        default:
            return .other
        }
    }
}
