// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import Egress

/// How a session goes on, on this node or another, and how its events stay whole between the log and the feed.
@Suite struct GatewayResumeTests {
    private func page(_ offsets: ClosedRange<UInt64>, head: UInt64) -> LogPage {
        .entries(offsets.map { LogEntry.sample($0) }, head: .sample(head))
    }

    /// Live events are delivered once, in order; of a round that the client had in part, the rest.
    @Test func live() throws {
        var script = GatewayScript()
        _ = try script.identify(at: 10)
        let filter = GatewayFilter(intents: .groupAndC2C, shard: .only)
        #expect(script.machine.roundReceived(first: 9, end: .sample(10)) == .ignore)
        #expect(script.machine.roundReceived(first: 10, end: .sample(12)) == .deliver(filter, after: 10))
        #expect(script.machine.roundReceived(first: 11, end: .sample(12)) == .ignore)
        #expect(script.machine.roundReceived(first: 13, end: .sample(13)) == .deliver(filter, after: nil))
    }

    /// What a resumed session missed comes from the log, page by page, and what came meanwhile too; then RESUMED.
    @Test func replay() throws {
        var script = GatewayScript()
        let filter = GatewayFilter(intents: .groupAndC2C, shard: .only)
        // It had seq 4, which is offset 3, and the feed begins behind 6.
        #expect(script.resume(.sample(1), sequence: "4", at: 6) == .read(after: .sample(3)))
        #expect(script.machine.pageRead(self.page(4...5, head: 6)) == .send(filter))
        #expect(script.machine.roundReceived(first: 7, end: .sample(8)) == .ignore)
        script.machine.replayed(upTo: .sample(4))
        script.machine.replayed(upTo: .sample(5))
        #expect(script.machine.pageSent() == .read(after: .sample(5)))
        // The log is ahead of what the feed has brought.
        #expect(script.machine.pageRead(self.page(6...9, head: 9)) == .send(filter))
        script.machine.replayed(upTo: .sample(9))
        guard case .send(let resumed, .recovered) = script.machine.pageSent() else {
            Issue.record("a session that has all of the log is resumed")
            return
        }
        #expect(try GatewayScript.text(resumed) == #"{"op":0,"s":10,"t":"RESUMED","d":""}"#)
        #expect(script.machine.roundReceived(first: 9, end: .sample(9)) == .ignore)
        #expect(script.machine.roundReceived(first: 9, end: .sample(10)) == .deliver(filter, after: 9))
    }

    /// A session that missed nothing is resumed at once.
    @Test func nothingMissed() {
        var script = GatewayScript()
        #expect(script.resume(.sample(1), sequence: "7", at: 6) == .read(after: .sample(6)))
        #expect(script.machine.pageRead(.entries([], head: .sample(6))) == .send(GatewaySession.sample(1).filter))
        guard case .send = script.machine.pageSent() else {
            Issue.record("there is nothing to wait for")
            return
        }
    }

    /// Without a number the session goes on from where it began.
    @Test func noSequence() {
        var script = GatewayScript()
        #expect(script.resume(.sample(5), sequence: "null", at: 9) == .read(after: .sample(5)))
    }

    /// A number from before the session is 4007.
    @Test func sequenceBeforeTheSession() {
        var script = GatewayScript()
        let id = GatewaySessionID.make(.sample(5), grant: GatewayScript.grant)
        _ = script.receive(#"{"op":6,"d":{"token":"T","session_id":"\#(id)","seq":5}}"#)
        #expect(script.machine.authenticated(GatewayScript.grant) == .end(.invalidSession(.badSequence)))
        #expect(GatewayCloseReason.badSequence.closeCode.rawValue == 4007)
    }

    /// Who has the secret can sign any id. One that no session has is no session's, whatever its signature.
    @Test(arguments: [
        (UInt64.max, UInt16(0), UInt16(1)), (5, 0, 0), (5, 1, 1), (5, 7, 2), (5, 0, 4_097), (5, 4_096, 4_097),
    ])
    func madeUpSessions(offset: UInt64, index: UInt16, count: UInt16) {
        let shard = GatewayShard(index: index, count: count)
        let made = GatewaySession(start: .sample(offset), intents: .groupAndC2C, shard: shard)
        #expect(self.answer(to: made) == .end(.invalidSession()))
    }

    @Test func sessionsAtTheBounds() {
        let nowhere = GatewaySession(
            start: Position(epoch: Epoch(rawValue: 0), offset: 5),
            intents: .groupAndC2C,
            shard: .only
        )
        #expect(self.answer(to: nowhere) == .end(.invalidSession()))
        let last = GatewayShard(index: 4_095, count: 4_096)
        let far = GatewaySession(start: .sample(.max - 1), intents: .groupAndC2C, shard: last)
        #expect(self.answer(to: far) == .join(GatewayScript.grant.channel, isNew: false))
    }

    private func answer(to session: GatewaySession) -> GatewayStateMachine.AuthenticatedAction {
        var script = GatewayScript()
        let id = GatewaySessionID.make(session, grant: GatewayScript.grant)
        _ = script.receive(#"{"op":6,"d":{"token":"T","session_id":"\#(id)"}}"#)
        return script.machine.authenticated(GatewayScript.grant)
    }

    /// A number ahead of the log cannot be resumed, nor another epoch: op 9 with `d` false, and a code at which SDKs
    /// identify anew.
    @Test(arguments: [UnrecoverableReason.ahead, .epochChanged])
    func notRecoverable(reason: UnrecoverableReason) throws {
        var script = GatewayScript()
        _ = script.resume(.sample(1), sequence: "4", at: 60)
        #expect(script.machine.pageRead(.notRecoverable(reason, head: .sample(60))) == .end(.invalidSession()))
        #expect(try GatewayScript.text(GatewayProtocol.invalidSession) == #"{"op":9,"d":false}"#)
        #expect(GatewayStateMachine.Ending.invalidSession().reason.closeCode.rawValue == 4006)
    }

    /// What is gone from the log is a gap in the numbers, and what is left is sent.
    @Test func resumesWithWhatIsLeft() throws {
        var script = GatewayScript()
        _ = script.resume(.sample(1), sequence: "4", at: 61)
        #expect(script.machine.pageRead(.notRecoverable(.trimmed, head: .sample(61))) == .readWhatIsLeft)
        let filter = GatewayFilter(intents: .groupAndC2C, shard: .only)
        let left = LogPage.entries([.sample(60), .sample(61)], head: .sample(61))
        #expect(script.machine.pageRead(left) == .send(filter))
        script.machine.replayed(upTo: .sample(61))
        let lost = Recovery.lost(.trimmed, position: .sample(59))
        #expect(script.machine.pageSent() == .send(GatewayProtocol.resumed(at: 61), lost))
    }

    /// A log of which nothing is left goes on where it stands; one that has begun anew meanwhile does not.
    @Test func resumesWithNothingLeft() throws {
        var script = GatewayScript()
        _ = script.resume(.sample(1), sequence: "4", at: 61)
        #expect(script.machine.pageRead(.notRecoverable(.trimmed, head: .sample(61))) == .readWhatIsLeft)
        var other = script
        let filter = GatewayFilter(intents: .groupAndC2C, shard: .only)
        #expect(script.machine.pageRead(.entries([], head: .sample(61))) == .send(filter))
        let lost = Recovery.lost(.trimmed, position: .sample(61))
        #expect(script.machine.pageSent() == .send(GatewayProtocol.resumed(at: 61), lost))

        let anew = Position(epoch: Epoch(rawValue: 8), offset: 3)
        #expect(other.machine.pageRead(.entries([], head: anew)) == .end(.invalidSession()))
    }

    /// A log that ends before what the feed has brought leaves no way on.
    @Test func logBehindTheFeed() {
        var script = GatewayScript()
        _ = script.resume(.sample(1), sequence: "4", at: 6)
        #expect(script.machine.pageRead(.entries([], head: .sample(3))) == .end(.invalidSession()))
    }

    /// The session of an epoch that is over cannot be resumed, wherever that shows.
    @Test func otherEpoch() throws {
        var early = GatewayScript()
        let old = GatewaySession.sample(1, epoch: Epoch(rawValue: 6))
        #expect(early.resume(old, sequence: "4", at: 6) == .end(.invalidSession()))

        var live = GatewayScript()
        _ = try live.identify(at: 10)
        let head = Position(epoch: Epoch(rawValue: 8), offset: 20)
        #expect(live.machine.interrupted(.epochChanged, head: head) == .invalidSession())
        #expect(live.machine.roundReceived(first: 21, end: Position(epoch: head.epoch, offset: 21)) == .ignore)
    }

    /// Events that were trimmed are a gap in the numbers; the session goes on.
    @Test func trimmed() throws {
        var script = GatewayScript()
        _ = try script.identify(at: 10)
        #expect(script.machine.interrupted(.trimmed, head: .sample(50)) == nil)
        #expect(script.machine.roundReceived(first: 40, end: .sample(50)) == .ignore)
        let filter = GatewayFilter(intents: .groupAndC2C, shard: .only)
        #expect(script.machine.roundReceived(first: 51, end: .sample(51)) == .deliver(filter, after: nil))
        // What was on its way when the session began says nothing to it; a log that has gone back does.
        #expect(script.machine.interrupted(.trimmed, head: .sample(50)) == nil)
        #expect(script.machine.roundReceived(first: 52, end: .sample(52)) == .deliver(filter, after: nil))
        #expect(script.machine.interrupted(.ahead, head: .sample(40)) == .invalidSession())
    }

    /// A session id of another bot, a changed one and one of no form are op 9.
    @Test func forgedSessions() {
        let session = GatewaySession.sample(1)
        let own = GatewaySessionID.make(session, grant: GatewayScript.grant)
        #expect(GatewaySessionID.read(own, grant: GatewayScript.grant) == session)
        let foreign = GatewaySessionID.make(session, grant: TokenGrant(secret: Secret("another")))
        var forged = [foreign, "", "a", own + "00", String(own.dropLast(2)), own.uppercased() + " "]
        for index in own.indices {
            var changed = own
            changed.replaceSubrange(index...index, with: own[index] == "0" ? "1" : "0")
            forged.append(changed)
        }
        for id in forged {
            var script = GatewayScript()
            _ = script.receive(#"{"op":6,"d":{"token":"T","session_id":"\#(id)","seq":2}}"#)
            #expect(script.machine.authenticated(GatewayScript.grant) == .end(.invalidSession()), "\(id)")
        }
    }

    /// Every node that knows the bot's secret, or was told the grant by the broker, reads the same from an id.
    @Test func anyNode() throws {
        let session = GatewaySession.sample(
            .max - 1,
            intents: GatewayIntents(rawValue: .max),
            shard: GatewayShard(index: 4_095, count: 4_096),
            epoch: Epoch(rawValue: .max)
        )
        let id = GatewaySessionID.make(session, grant: GatewayScript.grant)
        #expect(id.utf8.count <= GatewayProtocol.sessionIDLimit)
        let stored = try #require(TokenGrant(text: GatewayScript.grant.exposeText()))
        #expect(GatewaySessionID.read(id, grant: stored) == session)
        #expect(GatewaySessionID.read(id, grant: TokenGrant(secret: Secret("demo-secret"))) == session)
    }
}
