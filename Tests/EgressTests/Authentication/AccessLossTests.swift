// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Shared
import Synchronization
import Testing

@testable import Egress

/// Those on a lane who may not stay, once a bot has changed or a token is over.
@Suite struct AccessLossTests {
    private let loop = EmbeddedEventLoop()
    private let registry = BotRegistry()
    private let clock = SetClock()
    private static let request = HTTPRequest(
        head: HTTPRequestHead(version: .http1_1, method: .GET, uri: "/ws"),
        body: ByteBuffer(),
        remoteAddress: nil
    )!

    private func lane() -> Lane {
        let clock = self.clock
        let authenticator = ClientAuthenticator(
            access: Access(mode: .open, registry: self.registry),
            now: { clock.milliseconds }
        )
        return Lane(
            configuration: EgressConfiguration(),
            broker: RefusingBroker(),
            authenticator: authenticator,
            eventLoop: self.loop
        )
    }

    private func bot(_ name: String, _ tokens: [SocketToken] = []) throws -> Bot {
        var bot = Bot(name: try #require(BotName(name)), platform: .qq, secret: Secret("\(name)-secret"))
        bot.tokens = tokens
        return bot
    }

    private func token(_ text: String, expiry: Int64? = nil) throws -> SocketToken {
        SocketToken(
            label: try #require(BotName(text)),
            hash: TokenHash(of: Secret(text)),
            scopes: [.receive],
            expiry: expiry
        )
    }

    /// Somebody whom the lane lets in.
    private func join(_ lane: Lane, _ bearer: String) throws -> RecordingMember {
        let visitor = try lane.authenticator.admit(bearer: bearer, of: Self.request, for: .receive)
        let member = RecordingMember()
        member.admission = lane.shared(visitor.admission, on: visitor.channel)
        lane.group(of: visitor.channel).group.add(member)
        lane.joined(member, on: visitor.channel)
        return member
    }

    private func change(_ lane: Lane, _ bots: Bot...) {
        let old = self.registry.directory ?? .empty
        let new = BotDirectory(bots)
        self.registry.renew(new)
        lane.review(new.channels(changedFrom: old))
        self.loop.run()
    }

    /// A token that is taken back ends what it has opened, on the next turn of the loop; nobody else notices.
    @Test func revokedToken() throws {
        let lane = self.lane()
        let (one, other) = (try self.token("one"), try self.token("other"))
        self.registry.renew(BotDirectory([try self.bot("demo", [one, other]), try self.bot("x")]))
        let members = try ["one", "one", "other", "demo-secret", "x-secret", "stranger"].map {
            try self.join(lane, $0)
        }
        #expect(members[0].admission === members[1].admission)
        self.change(lane, try self.bot("demo", [other]), try self.bot("x"))
        #expect(members.map(\.dismissals) == [[.revoked], [.revoked], [], [], [], []])
    }

    /// A token that is over ends what it has opened within a second, without any change.
    @Test func expiredToken() throws {
        let lane = self.lane()
        let (early, late) = (try self.token("early", expiry: 5_000), try self.token("late", expiry: 9_000))
        self.registry.renew(BotDirectory([try self.bot("demo", [early, late])]))
        let members = try ["early", "late", "demo-secret"].map { try self.join(lane, $0) }
        for second in 1...10 {
            self.clock.milliseconds = Int64(second) * 1_000
            self.loop.advanceTime(by: .seconds(1))
            #expect(members[0].dismissals.isEmpty == (second < 5), "\(second)")
            #expect(members[1].dismissals.isEmpty == (second < 9), "\(second)")
        }
        #expect(members[2].dismissals.isEmpty)
    }

    /// A token's end may be set, put off or taken away while somebody is there: what holds is the present one.
    @Test func changedExpiry() throws {
        let lane = self.lane()
        let ends: [(text: String, before: Int64?, after: Int64?)] = [
            ("set", nil, 5_000), ("sooner", 9_000, 4_000), ("later", 3_000, 7_000), ("never", 3_000, nil),
        ]
        self.registry.renew(
            BotDirectory([try self.bot("demo", ends.map { try self.token($0.text, expiry: $0.before) })])
        )
        let members = try ends.map { try self.join(lane, $0.text) }
        self.change(lane, try self.bot("demo", ends.map { try self.token($0.text, expiry: $0.after) }))
        for second in 1...10 {
            self.clock.milliseconds = Int64(second) * 1_000
            self.loop.advanceTime(by: .seconds(1))
            for (member, end) in zip(members, ends) {
                let isOver = end.after.map { $0 <= self.clock.milliseconds } ?? false
                #expect(member.dismissals.isEmpty != isOver, "\(end.text) at \(second)")
            }
        }
        #expect(members.allSatisfy { Set($0.dismissals).isSubset(of: [.revoked]) })
    }

    /// A change between the admission and the joining, which no review can see, is seen at the joining.
    @Test func changedMeanwhile() throws {
        let lane = self.lane()
        self.registry.renew(BotDirectory([try self.bot("demo")]))
        let visitor = try lane.authenticator.admit(bearer: "demo-secret", of: Self.request, for: .receive)
        self.registry.renew(.empty)
        let member = RecordingMember()
        member.admission = visitor.admission
        lane.group(of: visitor.channel).group.add(member)
        lane.joined(member, on: visitor.channel)
        #expect(member.dismissals.isEmpty)
        self.loop.run()
        #expect(member.dismissals == [.revoked])
    }

    /// Sockets of a secret whose bot is registered on another channel have to come again; on its own channel they stay.
    @Test func newlyListed() throws {
        let lane = self.lane()
        self.registry.renew(.empty)
        let members = try ["moved-secret", "kept-secret", "stranger"].map { try self.join(lane, $0) }
        var moved = try self.bot("moved")
        moved.channel = ChannelID(bot: moved.name)
        self.change(lane, moved, try self.bot("kept"))
        #expect(members.map(\.dismissals) == [[.accessChanged], [], []])
    }

    /// The codes that clients see: ours for what is revoked, the one to come back for what has changed.
    @Test func codes() {
        #expect(AccessLoss.revoked.endReason.closeCode?.rawValue == 4001 && AccessLoss.revoked.explanation == "revoked")
        #expect(AccessLoss.accessChanged.endReason.closeCode == .serviceRestart)
        var machine = GatewayStateMachine(times: GatewayTimes(), now: .now())
        #expect(machine.dismissed(.revoked) == .close(.revoked) && machine.dismissed(.revoked) == nil)
        // An SDK logs in anew at 4004, and is refused there.
        #expect(GatewayCloseReason.revoked.closeCode.rawValue == 4004)
    }

    /// Whoever may not answer is offered nothing to answer with, and shares no bytes with those who may.
    @Test func offers() throws {
        let offer = ReplyOffer(token: .random(node: NodeID.random()), deadline: 2_000_000_000_000)
        let round = FeedRound(entries: [
            LogEntry(position: .sample(1), event: EnvelopeSample.event("1", reply: offer))
        ])
        let channel = EnvelopeSample.channel
        func text(_ round: EnvelopeRound) -> String { String(buffer: round.frames) }
        #expect(text(round.envelopes(on: channel)).contains("replytoken"))
        let silent = text(round.envelopes(on: channel, offersReplies: false))
        #expect(!silent.contains("reply") && silent.contains("\"position\""))
        #expect(text(round.envelopes(on: channel)).contains("replytoken"))
        var machine = EnvelopeStateMachine(name: 1, mayReply: false, now: .now())
        let frame = ByteBuffer(string: #"{"type":"reply","token":"\#(offer.token)","text":"x","ref":"r"}"#)
        guard case .answer(let answer) = machine.messageReceived(.text(frame), now: .now()) else {
            Issue.record("a reply was not answered")
            return
        }
        #expect(String(decoding: answer, as: UTF8.self).contains(#""reason":"wrong_scope""#))
    }

    /// A request presents what it has in its path, its query, its header fields or its subprotocols.
    @Test(
        arguments: [
            ("/ws?bot=demo&token=one", []), ("/ws", [("Authorization", "Bearer one")]),
            ("/ws?bot=demo", [("Sec-WebSocket-Protocol", "hookwire.raw, bearer.one")]),
            ("/ws", [("Sec-WebSocket-Protocol", "bearer.one")]), ("/ws?token=one", []),
        ] as [(String, [(String, String)])]
    )
    func presented(target: String, headers: [(String, String)]) throws {
        self.registry.renew(BotDirectory([try self.bot("demo", [try self.token("one")])]))
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: target, headers: HTTPHeaders(headers))
        let request = try #require(HTTPRequest(head: head, body: ByteBuffer(), remoteAddress: nil))
        let authenticator = ClientAuthenticator(access: Access(mode: .registered, registry: self.registry), now: { 0 })
        #expect(try authenticator.admit(request, for: .receive).admission?.token?.label.text == "one")
        #expect(throws: AccessRefusal.wrongScope) { try authenticator.admit(request, for: .replay) }
    }
}

/// A clock that a test sets.
private final class SetClock: Sendable {
    private let time = Mutex<Int64>(0)

    var milliseconds: Int64 {
        get { self.time.withLock { $0 } }
        set { self.time.withLock { $0 = newValue } }
    }
}
