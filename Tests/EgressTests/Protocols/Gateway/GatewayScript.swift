// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import Egress

/// A session's state machine, what was done to it, and a clock that moves by hand.
struct GatewayScript {
    static let grant = TokenGrant(secret: Secret("demo-secret"))
    static let user = GatewayUser(madeUpFor: Self.grant.channel)
    static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    var now = Self.start
    var machine: GatewayStateMachine

    init(times: GatewayTimes = GatewayTimes()) {
        self.machine = GatewayStateMachine(times: times, now: Self.start)
    }

    /// The client sends text.
    mutating func receive(_ text: String) -> GatewayStateMachine.MessageAction {
        self.machine.messageReceived(.text(ByteBuffer(string: text)), now: self.now)
    }

    /// The client identifies, the token is known, and the channel's log stands at `offset`.
    mutating func identify(
        intents: UInt32 = 1 << 25,
        shard: String = "[0,1]",
        at offset: UInt64 = 0
    ) throws -> String {
        let text = #"{"op":2,"d":{"token":"QQBot T","intents":\#(intents),"shard":\#(shard),"properties":{}}}"#
        #expect(self.receive(text) == .authenticate(Secret("T")))
        #expect(self.machine.authenticated(Self.grant) == .join(Self.grant.channel, isNew: true))
        guard case .send(let ready) = self.machine.joined(at: .sample(offset), user: Self.user) else {
            Issue.record("a session that joins is ready")
            return ""
        }
        return try Self.text(ready)
    }

    /// The client resumes, and the feed begins behind `offset`.
    mutating func resume(
        _ session: GatewaySession,
        sequence: String,
        at offset: UInt64
    ) -> GatewayStateMachine.JoinedAction {
        let id = GatewaySessionID.make(session, grant: Self.grant)
        let text = #"{"op":6,"d":{"token":"QQBot T","session_id":"\#(id)","seq":\#(sequence)}}"#
        #expect(self.receive(text) == .authenticate(Secret("T")))
        #expect(self.machine.authenticated(Self.grant) == .join(Self.grant.channel, isNew: false))
        return self.machine.joined(at: .sample(offset), user: Self.user)
    }

    /// The text of one frame.
    static func text(_ frame: ByteBuffer) throws -> String {
        let frames = try ServerFrame.read(Array(frame.readableBytesView))
        #expect(frames.count == 1 && frames.first?.opcode == 1)
        return frames.first?.text ?? ""
    }
}

extension GatewaySession {
    /// A session that began at an offset.
    static func sample(
        _ offset: UInt64,
        intents: GatewayIntents = .groupAndC2C,
        shard: GatewayShard = .only,
        epoch: Epoch = .sample
    ) -> GatewaySession {
        GatewaySession(start: Position(epoch: epoch, offset: offset), intents: intents, shard: shard)
    }
}

extension Position {
    /// A position in the log of the samples.
    static func sample(_ offset: UInt64) -> Position { Position(epoch: .sample, offset: offset) }
}
