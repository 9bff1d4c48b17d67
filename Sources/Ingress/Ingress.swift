// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import Logging
public import NIOCore
internal import NIOHTTP1
public import Shared

/// The ingress tier: verifies the platforms' requests and publishes them as events.
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
    ///   - drainState: the node's state, if its log is lost with the process. While it drains, platforms are then asked
    ///     to retry: acknowledged events would be lost. Nil if the log outlives the node.
    ///   - access: whose webhooks are accepted.
    ///   - limits: how many webhooks.
    ///   - tracer: records requests' spans; nil for no tracing.
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

    /// Begins to accept the bots' replies for the requests that wait here. While the store is unreachable, requests are
    /// answered without replies.
    public func openInbox(on eventLoop: any EventLoop) -> EventLoopFuture<any ReplyInbox> {
        self.broker.openInbox(of: self.waiting.node, to: self.waiting, on: eventLoop)
    }

    /// Limits the waits for replies to this time from now on: requests that still wait then are answered without one.
    public func beginDrain(within time: TimeAmount, on eventLoop: any EventLoop) {
        self.waiting.beginDrain(within: time, on: eventLoop)
    }

    /// Returns when no request waits for a reply, at the latest at the end of `beginDrain`'s time. From then on none
    /// may wait, so call this last, when the node's sockets are closed.
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
        let paths = ["/webhook", "/webhook/qq"] + (self.access.registry == nil ? [] : ["/webhook/qq/{bot}"])
        for path in paths {
            router.on(.POST, path) { qq.respond(to: $0) }
            router.onAny(path) { qq.refuse($0, with: Self.notQQs) }
        }
        self.add(Dialogflow(configuration: self.configuration, clock: self.clock), to: &router, on: eventLoop)
        self.add(Messenger(clock: self.clock), to: &router, on: eventLoop)
        self.add(WeChat(configuration: self.configuration, clock: self.clock), to: &router, on: eventLoop)
        self.add(Generic(configuration: self.configuration, clock: self.clock), to: &router, on: eventLoop)
        // Sampled, since anyone can request it.
        let refusals = SampledLog(self.logger, burst: 5, perSecond: 0.2)
        router.onAny("/webhook/{platform}") { _ in
            // The path segment of the platform may be a misplaced secret.
            refusals.write(
                "a webhook request was refused",
                metadata: ["reason": "\(WebhookRefusal.unknownPlatform.rawValue)"]
            )
            return .response(Self.unknownPlatform.response)
        }
    }

    /// Adds a platform's route for all methods: the platform itself refuses and counts wrong ones.
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
            resolver: WebhookBotResolver(access: self.access, clock: self.clock),
            limits: self.limits,
            broker: self.broker,
            waiting: self.waiting,
            eventLoop: eventLoop,
            drainState: self.drainState,
            tracer: self.tracer,
            logger: self.logger
        )
    }

    private static let notQQs = Problem(
        .methodNotAllowed,
        reason: WebhookRefusal.methodNotAllowed,
        detail: "QQ sends by POST. \(WebhookRefusal.pathHint)",
        headers: [("Allow", "POST")]
    )

    private static let unknownPlatform = Problem(
        .notFound,
        reason: WebhookRefusal.unknownPlatform,
        detail: "There is no such platform. There are /webhook/qq, /webhook/dialogflow, /webhook/messenger, "
            + "/webhook/wechat and, for all others, /webhook/generic."
    )
}
