// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared
internal import Synchronization
internal import Testing

extension BrokerRule {
    /// What is promised of replies. `asking` and `waiting` are two nodes' brokers, or the one that both have.
    static let replies: [BrokerRule] = [
        BrokerRule("a reply reaches the inbox of the node that its token names, exactly") { bed in
            try await bed.withBrokers { asking, waiting in
                let (node, other) = (NodeID.random(), NodeID.random())
                let (receiver, elsewhere) = (ReplyRecorder(), ReplyRecorder())
                let inbox = try await waiting.openInbox(of: node, to: receiver)
                let another = try await waiting.openInbox(of: other, to: elsewhere)
                for reply in Self.fitReplies {
                    let token = ReplyToken.random(node: node)
                    #expect(try await asking.reply(reply, to: token) == .accepted)
                    #expect(receiver.received.last == ReplyRecorder.Received(reply: reply, token: token))
                }
                #expect(receiver.received.count == Self.fitReplies.count)
                #expect(elsewhere.received == [])
                inbox.close()
                another.close()
            }
        },
        BrokerRule("the sender is told the node's own word") { bed in
            try await bed.withBrokers { asking, waiting in
                for outcome in ReplyOutcome.allCases {
                    let node = NodeID.random()
                    let inbox = try await waiting.openInbox(of: node, to: ReplyRecorder(outcome: outcome))
                    #expect(try await asking.reply(.text("a"), to: .random(node: node)) == outcome)
                    inbox.close()
                }
            }
        },
        BrokerRule("many replies at the same time are each answered for themselves") { bed in
            try await bed.withBrokers { asking, waiting in
                let node = NodeID.random()
                // Says of each reply what its own text asks for.
                let receiver = ReplyRecorder { reply in
                    guard case .text(let text) = reply else { return .unfit }
                    return ReplyOutcome(rawValue: text) ?? .unknown
                }
                let inbox = try await waiting.openInbox(of: node, to: receiver)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<200 {
                        group.addTask {
                            let outcome = ReplyOutcome.allCases[number % ReplyOutcome.allCases.count]
                            let answer = try await asking.reply(.text(outcome.rawValue), to: .random(node: node))
                            #expect(answer == outcome)
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(receiver.received.count == 200)
                inbox.close()
            }
        },
        BrokerRule("a reply to a node that has no inbox is unknown") { bed in
            try await bed.withBrokers { asking, waiting in
                let node = NodeID.random()
                #expect(try await asking.reply(.text("a"), to: .random(node: node)) == .unknown)
                let receiver = ReplyRecorder()
                let inbox = try await waiting.openInbox(of: node, to: receiver)
                inbox.close()
                inbox.close()
                #expect(try await asking.reply(.text("a"), to: .random(node: node)) == .unknown)
                #expect(receiver.received == [])
            }
        },
        BrokerRule("an inbox that is opened again has the new receiver, which closing the old one leaves alone") {
            bed in
            try await bed.withBrokers { asking, waiting in
                let node = NodeID.random()
                let (first, second) = (ReplyRecorder(), ReplyRecorder())
                let old = try await waiting.openInbox(of: node, to: first)
                let inbox = try await waiting.openInbox(of: node, to: second)
                old.close()
                #expect(try await asking.reply(.text("a"), to: .random(node: node)) == .accepted)
                #expect(first.received == [])
                #expect(second.received.count == 1)
                inbox.close()
            }
        },
        BrokerRule("a reply that is not fit goes nowhere") { bed in
            try await bed.withBrokers { asking, waiting in
                let node = NodeID.random()
                let receiver = ReplyRecorder()
                let inbox = try await waiting.openInbox(of: node, to: receiver)
                for reply in Self.unfitReplies {
                    #expect(try await asking.reply(reply, to: .random(node: node)) == .unfit)
                    #expect(try await asking.reply(reply, to: .random(node: .random())) == .unfit)
                }
                #expect(receiver.received == [])
                inbox.close()
            }
        },
        BrokerRule("a reply is answered on the event loop that was named") { bed in
            try await bed.withBrokers { asking, waiting in
                let (eventLoop, node) = (Fixtures.eventLoop, NodeID.random())
                let inbox = try await waiting.openInbox(of: node, to: ReplyRecorder(), on: eventLoop)
                    .map { inbox in
                        #expect(eventLoop.inEventLoop)
                        return inbox
                    }.get()
                let isThere = try await asking.reply(.text("a"), to: .random(node: node), on: eventLoop)
                    .map { _ in eventLoop.inEventLoop }.get()
                #expect(isThere)
                inbox.close()
            }
        },
        BrokerRule("a publication says how many feeds it was pushed to") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                func feeds() async throws -> Int? {
                    guard case .stored(_, let feeds) = try await broker.publish(Fixtures.event("a"), to: channel)
                    else { return nil }
                    return feeds
                }
                #expect(try await feeds() == 0)
                let (_, first) = try await broker.record(channel)
                #expect(try await feeds() == 1)
                first.cancel()
                // The news that a feed has ended may take a moment.
                while try await feeds() != 0 { await Task.yield() }
            }
        },
    ]

    private static let fitReplies: [Reply] = [
        .text(""),
        .text("größer, 日本, 👩‍👩‍👧\r\n\u{0}"),
        .text(String(repeating: "x", count: ReplyLimits.textBytes)),
        .response(.init(status: 200, headers: [], body: ByteBuffer())),
        .response(
            .init(
                status: 599,
                headers: [
                    .init(name: "X-Repeated", value: "1"),
                    .init(name: "content-type", value: "text/xml; charset=utf-8"),
                    .init(name: "x-repeated", value: ""), .init(name: "!#$%&'*+-.^_`|~", value: "größer\t日本"),
                ],
                body: ByteBuffer(bytes: (0...255).map { UInt8($0) })
            )
        ),
        .response(
            .init(
                status: 404,
                headers: (1...ReplyLimits.fieldCount).map { .init(name: "f\($0)", value: "\($0)") },
                body: ByteBuffer(repeating: 0xFF, count: ReplyLimits.bodyBytes)
            )
        ),
    ]

    private static let unfitReplies: [Reply] = {
        func response(_ status: Int = 200, _ fields: [(String, String)] = [], body: Int = 0) -> Reply {
            let fields = fields.map { Reply.Field(name: $0.0, value: $0.1) }
            return .response(.init(status: status, headers: fields, body: ByteBuffer(repeating: 0, count: body)))
        }
        return [
            .text(String(repeating: "x", count: ReplyLimits.textBytes + 1)),
            response(199), response(600), response(101), response(-1), response(.max),
            response(body: ReplyLimits.bodyBytes + 1),
            response(200, [(String, String)](repeating: ("a", "b"), count: ReplyLimits.fieldCount + 1)),
            response(200, [("a", String(repeating: "b", count: ReplyLimits.fieldBytes))]),
            response(200, [("", "a")]), response(200, [("a b", "a")]), response(200, [("größe", "a")]),
            response(200, [("a:", "b")]), response(200, [("a", "b\r\nc: d")]), response(200, [("a", "b\u{0}")]),
            response(200, [("a", "b\u{7F}")]), response(200, [("a\n", "b")]),
        ]
    }()
}

/// A receiver of replies that remembers them.
final class ReplyRecorder: ReplyReceiver {
    struct Received: Equatable {
        var reply: Reply
        var token: ReplyToken
    }

    private let answer: @Sendable (Reply) -> ReplyOutcome
    private let state = Mutex<[Received]>([])

    /// - Parameter answer: what it says to a reply.
    init(answer: @escaping @Sendable (Reply) -> ReplyOutcome) {
        self.answer = answer
    }

    convenience init(outcome: ReplyOutcome = .accepted) {
        self.init { _ in outcome }
    }

    var received: [Received] { self.state.withLock { $0 } }

    func receive(_ reply: Reply, for token: ReplyToken) -> ReplyOutcome {
        self.state.withLock { $0.append(Received(reply: reply, token: token)) }
        return self.answer(reply)
    }
}

extension Broker {
    fileprivate func openInbox(of node: NodeID, to receiver: any ReplyReceiver) async throws -> any ReplyInbox {
        try await self.openInbox(of: node, to: receiver, on: Fixtures.eventLoop).get()
    }

    fileprivate func reply(_ reply: Reply, to token: ReplyToken) async throws -> ReplyOutcome {
        try await self.reply(reply, to: token, on: Fixtures.eventLoop).get()
    }
}
