// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Handles the requests of an envelope socket's client. No IO and no clock of its own; event delivery is
/// `DeliveryStateMachine`'s.
///
/// Every client frame is answered with one frame, except a valid ack or nack. A reply is answered when its outcome is
/// known, in the order of the outcomes, with the token and the client's `ref`.
struct EnvelopeStateMachine {
    /// A reply in flight.
    struct Ticket: Equatable {
        fileprivate var token: String
        fileprivate var ref: String?
    }

    /// Why the socket is closed for a client error. The raw value is the metric label and the log key.
    enum Ending: String, CaseIterable {
        case tooFast = "too_fast"
        case tooManyFaults = "too_many_faults"

        /// For the author of the client, at most 123 bytes.
        var explanation: String {
            switch self {
            case .tooFast: "too many or too large frames; slow down"
            case .tooManyFaults: "too many frames that could not be used; the answers to them say why"
            }
        }
    }

    private let name: UInt64
    private let mayReply: Bool
    private var answers: UInt64 = 0
    private var budget: MessageBudget
    private var faults: MessageBudget
    private var underWay = 0
    private var isEnded = false

    /// - Parameters:
    ///   - name: random, so that the ids of this socket's answers are unique.
    ///   - mayReply: whether the client's credential allows replies.
    init(name: UInt64, mayReply: Bool = true, now: NIODeadline) {
        self.name = name
        self.mayReply = mayReply
        self.budget = MessageBudget(limits: EnvelopeProtocol.limits, now: now)
        self.faults = MessageBudget(limits: EnvelopeProtocol.faults, now: now)
    }

    enum MessageAction: Equatable {
        case ignore
        /// Send this frame's text.
        case answer([UInt8])
        /// Deliver the reply to its node, and report the outcome.
        case reply(Reply, ReplyToken, Ticket)
        /// Settle an event, and report if the client does not hold it.
        case settle(GroupSettlement.Verdict, Position, ref: String?)
        /// Close, and say why.
        case end(Ending)
    }

    /// The client sent something.
    ///
    /// - Parameter reached: up to where the client was sent everything addressed to it; nil if unknown.
    mutating func messageReceived(
        _ message: WebSocketMessage,
        reached: Position? = nil,
        now: NIODeadline
    ) -> MessageAction {
        guard !self.isEnded else { return .ignore }
        // Charged before parsing: invalid messages count like valid ones.
        guard self.budget.take(bytes: message.bytes.readableBytes, now: now) else { return self.end(.tooFast) }
        guard case .text(let text) = message else { return self.refuse(.binary, ref: nil, now: now) }
        let (ref, request) = EnvelopeRequest.read(text)
        switch request {
        case .failure(let fault):
            return self.refuse(fault, ref: ref, now: now)
        case .success(.ping):
            return .answer(RelayFrame.pong(ref: ref, reached: reached, id: self.nextID()))
        case .success(.settle(let verdict, let position)):
            return .settle(verdict, position, ref: ref)
        case .success(.reply) where !self.mayReply:
            return self.refuse(.wrongScope, ref: ref, now: now)
        case .success(.reply(let reply, let token)):
            let ticket = Ticket(token: token, ref: ref)
            guard let known = ReplyToken(token) else { return .answer(self.result(.unknown, of: ticket)) }
            guard self.underWay < EnvelopeProtocol.replyLimit else {
                return .answer(self.result(.overloaded, of: ticket))
            }
            self.underWay += 1
            return .reply(reply, known, ticket)
        }
    }

    /// An event could not be settled.
    mutating func settlementRefused(_ fault: EnvelopeFault, ref: String?, now: NIODeadline) -> MessageAction {
        self.refuse(fault, ref: ref, now: now)
    }

    private mutating func refuse(_ fault: EnvelopeFault, ref: String?, now: NIODeadline) -> MessageAction {
        guard !fault.isMistake || self.faults.take(bytes: 0, now: now) else { return self.end(.tooManyFaults) }
        return .answer(RelayFrame.error(fault, ref: ref, id: self.nextID()))
    }

    private mutating func end(_ ending: Ending) -> MessageAction {
        self.isEnded = true
        return .end(ending)
    }

    /// A reply has its outcome.
    ///
    /// - Returns: the text of the answer frame; nil if the socket has ended.
    mutating func replied(_ verdict: ReplyVerdict, to ticket: Ticket) -> [UInt8]? {
        self.underWay -= 1
        guard !self.isEnded else { return nil }
        return self.result(verdict, of: ticket)
    }

    private mutating func result(_ verdict: ReplyVerdict, of ticket: Ticket) -> [UInt8] {
        RelayFrame.replyResult(verdict, token: ticket.token, ref: ticket.ref, id: self.nextID())
    }

    /// The text of the recovery frame.
    mutating func recovery(_ recovery: Recovery, head: Position) -> [UInt8] {
        RelayFrame.recovery(recovery, head: head, id: self.nextID())
    }

    /// The socket has ended, on either side.
    mutating func ended() {
        self.isEnded = true
    }

    private mutating func nextID() -> String {
        self.answers += 1
        return "\(String(self.name, radix: 16))-\(self.answers)"
    }
}

extension WebSocketMessage {
    /// Its bytes.
    var bytes: ByteBuffer {
        switch self {
        case .text(let bytes), .binary(let bytes): bytes
        }
    }
}
