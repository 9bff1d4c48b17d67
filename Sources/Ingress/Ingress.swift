// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import Logging
public import NIOCore
internal import NIOHTTP1
public import Shared

/// The ingress tier: verifies what platforms send and publishes it.
public struct Ingress: Sendable {
    private let configuration: IngressConfiguration
    private let broker: any Broker
    private let drainState: NodeState?
    private let access: Access
    private let limits: WebhookLimits
    private let clock: Clock
    private let tracer: Tracer?
    private let logger: Logger
    private let waiting = WaitingReplies()

    /// An ingress node's part of a server.
    ///
    /// - Parameters:
    ///   - drainState: the node's state where its log ends with the process. While it drains, platforms are then asked to
    ///     send their events again: acknowledged, they would be lost. Nil where the log outlives the node.
    ///   - access: whose webhooks are taken.
    ///   - limits: how many.
    ///   - tracer: records what becomes of requests; nil where nobody does.
    public init(
        configuration: IngressConfiguration,
        broker: any Broker,
        drainState: NodeState?,
        access: Access = .open,
        limits: WebhookLimits = WebhookLimits(),
        clock: Clock = .system,
        tracer: Tracer? = nil,
        logger: Logger
    ) {
        self.configuration = configuration
        self.broker = broker
        self.drainState = drainState
        self.access = access
        self.limits = limits
        self.clock = clock
        self.tracer = tracer
        self.logger = logger
    }

    /// Begins to take the bots' replies for the requests that wait here. While the store cannot be reached, the platforms'
    /// requests are answered without.
    public func openInbox(on eventLoop: any EventLoop) -> EventLoopFuture<any ReplyInbox> {
        self.broker.openInbox(of: self.waiting.node, to: self.waiting, on: eventLoop)
    }

    /// From now on no request waits for a reply longer than this time: those that still do when it is up are answered
    /// without one.
    public func beginDrain(within time: TimeAmount, on eventLoop: any EventLoop) {
        self.waiting.beginDrain(within: time, on: eventLoop)
    }

    /// Returns when no request waits for a reply any more, at the latest when the time of `beginDrain` is up. From then
    /// on none waits: so this comes last, when the node's sockets are closed.
    public func endDrain(on eventLoop: any EventLoop) async {
        await self.waiting.endDrain(on: eventLoop)
    }

    /// Adds the tier's routes to the router of an event loop. Called on that loop.
    ///
    /// - Throws: `CryptoError` where libcrypto lacks what the signatures need.
    public func addRoutes(to router: inout Router, on eventLoop: any EventLoop) throws {
        let qq = self.webhook(
            of: try QQ(configuration: self.configuration, clock: self.clock, logger: self.logger),
            on: eventLoop
        )
        // The existing relays' path, and the one that all platforms have here.
        router.on(.POST, "/webhook") { qq.respond(to: $0) }
        router.on(.POST, "/webhook/qq") { qq.respond(to: $0) }
        if self.access.registry != nil { router.on(.POST, "/webhook/qq/{bot}") { qq.respond(to: $0) } }
        self.add(Dialogflow(configuration: self.configuration, clock: self.clock), to: &router, on: eventLoop)
        self.add(Messenger(clock: self.clock), to: &router, on: eventLoop)
        self.add(WeChat(configuration: self.configuration, clock: self.clock), to: &router, on: eventLoop)
        self.add(Generic(configuration: self.configuration, clock: self.clock), to: &router, on: eventLoop)
        router.onAny("/webhook/{platform}") { _ in .response(Self.unknownPlatform.response) }
    }

    /// Adds a platform's route. It takes all methods: which one is due the platform says, and counts.
    private func add<P: ChatPlatform & SendableMetatype>(
        _ platform: P,
        to router: inout Router,
        on eventLoop: any EventLoop
    ) {
        let webhook = self.webhook(of: platform, on: eventLoop)
        router.onAny("/webhook/\(P.name)") { webhook.respond(to: $0) }
        if self.access.registry != nil { router.onAny("/webhook/\(P.name)/{bot}") { webhook.respond(to: $0) } }
    }

    private func webhook<P: Platform & SendableMetatype>(of platform: P, on eventLoop: any EventLoop) -> Webhook<P> {
        Webhook(
            platform: platform,
            door: WebhookDoor(access: self.access, clock: self.clock),
            limits: self.limits,
            broker: self.broker,
            waiting: self.waiting,
            eventLoop: eventLoop,
            drainState: self.drainState,
            tracer: self.tracer,
            logger: self.logger
        )
    }

    private static let unknownPlatform = Problem(
        .notFound,
        reason: WebhookRefusal.unknownPlatform,
        detail: "There is no such platform. There are /webhook/qq, /webhook/dialogflow, /webhook/messenger, "
            + "/webhook/wechat and, for all others, /webhook/generic."
    )
}
