// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// The relay's own frames on envelope sockets and event streams. They are CloudEvents too, for clients that read
/// nothing else: the type begins with `hookwire.`, which no event's does.
enum RelayFrame {
    private static let source = "hookwire:relay"

    /// The outcome of a reply.
    static func replyResult(_ verdict: ReplyVerdict, token: String, ref: String?, id: String) -> [UInt8] {
        var attributes = self.attributes("reply_result", id: id, ref: ref)
        // Not `replytoken`: a bot that replies to everything that has one would loop for ever.
        attributes.add("token", token)
        attributes.add("outcome", verdict.rawValue)
        attributes.add("detail", verdict.explanation)
        return attributes.json + [UInt8(ascii: "}")]
    }

    /// The answer to a ping.
    ///
    /// - Parameter reached: up to where the client was sent everything addressed to it before this frame.
    static func pong(ref: String?, reached: Position?, id: String) -> [UInt8] {
        var attributes = self.attributes("pong", id: id, ref: ref)
        attributes.add("position", reached?.description)
        return attributes.json + [UInt8(ascii: "}")]
    }

    /// A client's frame could not be used.
    static func error(_ fault: EnvelopeFault, ref: String?, id: String) -> [UInt8] {
        var attributes = self.attributes("error", id: id, ref: ref)
        attributes.add("reason", fault.reason)
        attributes.add("detail", fault.explanation)
        return attributes.json + [UInt8(ascii: "}")]
    }

    /// Tells whether the events that a client missed follow.
    ///
    /// - Parameter head: the log's head: the events in between will follow.
    static func recovery(_ recovery: Recovery, head: Position, id: String) -> [UInt8] {
        var attributes = self.attributes("recovery", id: id, ref: nil)
        attributes.add("position", recovery.position.description)
        attributes.add("head", head.description)
        switch recovery {
        case .recovered:
            attributes.add("recovered", true)
        case .lost(let reason, _):
            attributes.add("recovered", false)
            attributes.add("reason", reason.rawValue)
            attributes.add("detail", reason.explanation)
        }
        return attributes.json + [UInt8(ascii: "}")]
    }

    private static func attributes(_ type: String, id: String, ref: String?) -> CloudEventAttributes {
        var attributes = CloudEventAttributes(id: id, source: self.source, type: Envelope.reservedTypes + type)
        attributes.add("ref", ref)
        return attributes
    }
}
