// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// What the relay itself has to say on an envelope socket and on an event stream. All of it is CloudEvents too, so that a
/// client that reads nothing else is not upset: the type begins with `hookwire.`, which no event's does.
enum RelayFrame {
    private static let source = "hookwire:relay"

    /// What became of a reply.
    static func replyResult(_ verdict: ReplyVerdict, token: String, ref: String?, id: String) -> [UInt8] {
        var attributes = self.attributes("reply_result", id: id, ref: ref)
        // Not `replytoken`: a bot that answers all that has one would answer its answers, for ever.
        attributes.add("token", token)
        attributes.add("outcome", verdict.rawValue)
        attributes.add("detail", verdict.explanation)
        return attributes.json + [UInt8(ascii: "}")]
    }

    /// The answer to a ping.
    ///
    /// - Parameter reached: up to where the client was sent whatever is for it, before this frame.
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

    /// Whether what a client missed follows.
    ///
    /// - Parameter head: where the log stands: what is between is on its way.
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
