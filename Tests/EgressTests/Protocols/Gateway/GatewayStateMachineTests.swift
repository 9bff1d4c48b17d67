// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import Egress

/// What QQ's documentation and its SDKs want of a session, as scripts.
@Suite struct GatewayStateMachineTests {
    private typealias Machine = GatewayStateMachine

    private func closed(_ reason: GatewayCloseReason) -> Machine.MessageAction { .end(.close(reason)) }

    /// Hello is the first frame, in milliseconds.
    @Test func hello() throws {
        let hello = GatewayScript(times: GatewayTimes(heartbeatInterval: .milliseconds(1_500))).machine.hello
        #expect(try GatewayScript.text(hello) == #"{"op":10,"d":{"heartbeat_interval":1500}}"#)
        #expect(try GatewayScript.text(GatewayScript().machine.hello) == #"{"op":10,"d":{"heartbeat_interval":45000}}"#)
    }

    /// READY has every field that some SDK needs: version, session id, user with id and name, both elements of shard, s.
    @Test func ready() throws {
        var script = GatewayScript()
        let ready = try script.identify(shard: "[1,4]", at: 41)
        let session = GatewaySession.sample(41, shard: GatewayShard(index: 1, count: 4))
        let id = GatewaySessionID.make(session, grant: GatewayScript.grant)
        let user = String(decoding: GatewayScript.user.json, as: UTF8.self)
        #expect(
            ready
                == #"{"op":0,"s":42,"t":"READY","d":{"version":1,"session_id":"\#(id)","user":\#(user),"shard":[1,4]}}"#
        )
        #expect(script.machine.isLive)
    }

    /// The token comes as `QQBot X`, in the old form `Bot appid.token`, as a bearer token, or bare (botgo's Resume).
    @Test(arguments: ["QQBot T", "T", "Bot 102.T", "Bot T", "Bearer T", "qqbot  T"])
    func tokenForms(text: String) {
        var script = GatewayScript()
        #expect(
            script.receive(#"{"op":2,"d":{"token":"\#(text)","intents":0,"shard":[0,1]}}"#)
                == .authenticate(Secret("T"))
        )
        var resumed = GatewayScript()
        #expect(
            resumed.receive(#"{"op":6,"d":{"token":"\#(text)","session_id":"a","seq":1}}"#)
                == .authenticate(Secret("T"))
        )
    }

    /// A heartbeat is `d` a number, `d` null, a number in `s` (satori), or nothing at all; before Identify too (botgo
    /// beats as soon as it can). Each is answered.
    @Test(arguments: [#"{"op":1,"d":1}"#, #"{"op":1,"d":null}"#, #"{"op":1,"s":251}"#, #"{"op":1}"#])
    func heartbeats(text: String) throws {
        var script = GatewayScript()
        #expect(script.receive(text) == .acknowledgeHeartbeat)
        _ = try script.identify()
        #expect(script.receive(text) == .acknowledgeHeartbeat)
        #expect(try GatewayScript.text(GatewayProtocol.heartbeatAcknowledgement) == #"{"op":11}"#)
    }

    /// Identify may be the first thing that comes, without shard, intents and properties.
    @Test func identifyWithLittle() throws {
        var script = GatewayScript()
        #expect(script.receive(#"{"d":{"token":"T"},"op":2}"#) == .authenticate(Secret("T")))
        #expect(script.machine.authenticated(GatewayScript.grant) == .join(GatewayScript.grant.channel, isNew: true))
        guard case .send(let ready) = script.machine.joined(at: .sample(0), user: GatewayScript.user) else {
            Issue.record("a session that joins is ready")
            return
        }
        #expect(try GatewayScript.text(ready).hasSuffix(#""shard":[0,1]}}"#))
    }

    /// What is no payload at all is 4002, an op that no client sends 4001, a token of no form 4004, a shard that is none
    /// 4010, intents of more bits than there are 4013.
    @Test(arguments: [
        (#""#, 4002), (#"{"#, 4002), (#"[]"#, 4002), (#"2"#, 4002), (#"{"op":"2"}"#, 4002), (#"{"op":2}"#, 4002),
        (#"{"op":1,"op":2}"#, 4002), (#"{"op":2,"d":[]}"#, 4002), (#"{"op":2,"d":{"token":7}}"#, 4002),
        (#"{"op":2,"d":{"token":"T","intents":"7"}}"#, 4002), (#"{"op":6,"d":{"token":"T"}}"#, 4002),
        (#"{"op":6,"d":{"token":"T","session_id":"a","seq":"1"}}"#, 4002), (#"{"d":{}}"#, 4002),
        (#"{"op":0}"#, 4001), (#"{"op":3}"#, 4001), (#"{"op":7}"#, 4001), (#"{"op":9}"#, 4001), (#"{"op":10}"#, 4001),
        (#"{"op":11}"#, 4001), (#"{"op":-1}"#, 4001), (#"{"op":9223372036854775807}"#, 4001),
        (#"{"op":2,"d":{"token":""}}"#, 4004), (#"{"op":2,"d":{"token":"Basic eA=="}}"#, 4004),
        (#"{"op":2,"d":{"token":"QQBot "}}"#, 4004),
        (#"{"op":2,"d":{"token":"T","shard":[0]}}"#, 4010), (#"{"op":2,"d":{"token":"T","shard":[1,1]}}"#, 4010),
        (#"{"op":2,"d":{"token":"T","shard":[0,1,2]}}"#, 4010), (#"{"op":2,"d":{"token":"T","shard":[-1,1]}}"#, 4010),
        (#"{"op":2,"d":{"token":"T","shard":[0,99999]}}"#, 4010), (#"{"op":2,"d":{"token":"T","shard":{}}}"#, 4010),
        (#"{"op":2,"d":{"token":"T","intents":-1}}"#, 4013), (#"{"op":2,"d":{"token":"T","intents":1.5}}"#, 4013),
        (#"{"op":2,"d":{"token":"T","intents":4294967296}}"#, 4013),
        (#"{"op":6,"d":{"token":"T","session_id":"a","seq":-1}}"#, 4007),
    ])
    func refuses(text: String, code: UInt16) {
        var script = GatewayScript()
        guard case .end(.close(let reason)) = script.receive(text) else {
            Issue.record("\(text) must be refused")
            return
        }
        #expect(reason.closeCode.rawValue == code)
        #expect(script.receive(#"{"op":1}"#) == .ignore)
    }

    /// Binary messages are no payloads.
    @Test func binary() {
        var script = GatewayScript()
        let message = WebSocketMessage.binary(ByteBuffer(string: #"{"op":1}"#))
        #expect(script.machine.messageReceived(message, now: script.now) == self.closed(.malformed))
    }

    /// JSON as deep as a stack is refused, not followed.
    @Test func deepJSON() {
        var script = GatewayScript()
        let deep = String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
        #expect(script.receive(#"{"op":2,"d":{"token":"T","properties":\#(deep)}}"#) == self.closed(.malformed))
        var shallow = GatewayScript()
        let allowed = String(repeating: "[", count: 14) + String(repeating: "]", count: 14)
        #expect(shallow.receive(#"{"op":2,"d":{"token":"T","properties":\#(allowed)}}"#) == .authenticate(Secret("T")))
    }

    /// A token that opens nothing is 4004, after the socket was accepted.
    @Test func unknownToken() {
        var script = GatewayScript()
        _ = script.receive(#"{"op":2,"d":{"token":"T","intents":0,"shard":[0,1]}}"#)
        #expect(script.machine.authenticated(nil) == .end(.close(.authenticationFailed)))
        #expect(GatewayCloseReason.authenticationFailed.closeCode.rawValue == 4004)
    }

    /// A second Identify, or a Resume after one, is 4005, also while the first is being looked at.
    @Test(arguments: [#"{"op":2,"d":{"token":"T"}}"#, #"{"op":6,"d":{"token":"T","session_id":"a","seq":1}}"#])
    func secondIdentify(text: String) throws {
        var early = GatewayScript()
        _ = early.receive(#"{"op":2,"d":{"token":"T"}}"#)
        #expect(early.receive(text) == self.closed(.alreadyAuthenticated))
        #expect(early.machine.authenticated(GatewayScript.grant) == .ignore)
        var late = GatewayScript()
        _ = try late.identify()
        #expect(late.receive(text) == self.closed(.alreadyAuthenticated))
        #expect(GatewayCloseReason.alreadyAuthenticated.closeCode.rawValue == 4005)
    }

    /// Without Identify in 30 s it is 4003, and heartbeats do not put that off.
    @Test func identifyTimeout() {
        var script = GatewayScript()
        for _ in 0..<6 {
            #expect(script.receive(#"{"op":1}"#) == .acknowledgeHeartbeat)
            #expect(script.machine.timerFired(now: script.now) == nil)
            script.now = script.now + .seconds(5)
        }
        #expect(script.machine.deadline == script.now)
        #expect(script.machine.timerFired(now: script.now) == .close(.notAuthenticated))
        #expect(GatewayCloseReason.notAuthenticated.closeCode.rawValue == 4003)
    }

    /// A client that beats every 30 s whatever Hello says (botpy) stays; one that is silent for three intervals goes,
    /// with 4009, so that it resumes.
    @Test func silence() throws {
        var script = GatewayScript(times: GatewayTimes(heartbeatInterval: .seconds(1)))
        _ = try script.identify()
        for _ in 0..<10 {
            script.now = script.now + .seconds(30)
            #expect(script.machine.timerFired(now: script.now) == nil)
            #expect(script.receive(#"{"op":1,"d":1}"#) == .acknowledgeHeartbeat)
        }
        #expect(script.machine.timerFired(now: script.now + .seconds(94)) == nil)
        #expect(script.machine.timerFired(now: script.now + .seconds(95)) == .close(.silent))
        #expect(GatewayCloseReason.silent.closeCode.rawValue == 4009)

        var slow = GatewayScript(times: GatewayTimes(heartbeatInterval: .seconds(60)))
        _ = try slow.identify()
        #expect(slow.machine.timerFired(now: slow.now + .seconds(179)) == nil)
        #expect(slow.machine.timerFired(now: slow.now + .seconds(180)) == .close(.silent))
    }

    /// 10,000 heartbeats in a second are cut off at the burst with 4008; one a second for an hour is fine.
    @Test func flood() throws {
        var script = GatewayScript()
        _ = try script.identify()
        var answered = 0
        while answered < 10_000, script.receive(#"{"op":1,"d":1}"#) == .acknowledgeHeartbeat {
            answered += 1
            script.now = script.now + .microseconds(100)
        }
        #expect(answered <= GatewayProtocol.limits.messageBurst)
        #expect(script.receive(#"{"op":1,"d":1}"#) == .ignore)
        #expect(GatewayCloseReason.tooFast.closeCode.rawValue == 4008)

        var patient = GatewayScript()
        _ = try patient.identify()
        for _ in 0..<3_600 {
            #expect(patient.receive(#"{"op":1,"d":1}"#) == .acknowledgeHeartbeat)
            patient.now = patient.now + .seconds(1)
        }
    }

    /// A token of 64 KiB is 4008 for its size; one that is longer than any is 4004.
    @Test func longTokens() {
        var script = GatewayScript()
        let huge = String(repeating: "a", count: 64 << 10)
        #expect(script.receive(#"{"op":2,"d":{"token":"\#(huge)"}}"#) == self.closed(.tooFast))
        var other = GatewayScript()
        let long = String(repeating: "a", count: 2_049)
        #expect(other.receive(#"{"op":2,"d":{"token":"\#(long)"}}"#) == self.closed(.authenticationFailed))
    }

    /// When the node drains, a client is told to come back and resume: op 7, then 4009; also one that has not identified.
    @Test func drains() throws {
        var script = GatewayScript()
        _ = try script.identify()
        #expect(script.machine.drain() == .reconnect(.drain))
        #expect(script.machine.drain() == nil)
        #expect(GatewayCloseReason.drain.closeCode.rawValue == 4009)
        #expect(try GatewayScript.text(GatewayProtocol.reconnect) == #"{"op":7}"#)
        var stranger = GatewayScript()
        #expect(stranger.machine.drain() == .reconnect(.drain))
    }

    /// Where the broker cannot be asked, the client is to come back, and keeps its session.
    @Test func brokerFails() throws {
        var script = GatewayScript()
        _ = script.receive(#"{"op":2,"d":{"token":"T"}}"#)
        #expect(script.machine.brokerFailed() == .reconnect(.brokerUnavailable))
        #expect(script.machine.brokerFailed() == nil)
        #expect(GatewayCloseReason.brokerUnavailable.closeCode.rawValue == 4009)
    }

    /// No reason closes with a code at which SDKs stop for good, and all explanations fit into a close frame.
    @Test(arguments: GatewayCloseReason.allCases)
    func reasons(reason: GatewayCloseReason) {
        #expect((4001...4013).contains(reason.closeCode.rawValue))
        #expect(reason.explanation.utf8.count <= WebSocketFrameEncoder.maximumReasonBytes)
    }
}
