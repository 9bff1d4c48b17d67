// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import Logging
public import NIOCore
public import Shared

/// What an operator manages the registered bots with: a JSON API behind the admin token, and its page. It has a listener
/// of its own, so that it can stay on the loopback while the tiers are public.
public struct Admin: Sendable {
    private let store: any BotStore
    private let registry: BotRegistry
    private let overview: BotOverview
    private let token: Secret
    private let now: @Sendable () -> Int64
    private let logger: Logger

    /// An operator's part of a node.
    ///
    /// - Parameters:
    ///   - token: what opens the API.
    ///   - store: where changes go.
    ///   - registry: the bots as this node knows them; it follows `store`.
    ///   - broker: whom to ask what came for a bot.
    ///   - presence: whom to ask who is connected.
    ///   - now: in milliseconds since 1970.
    ///   - logger: for who is turned away; what is done the store puts into the audit log.
    public init(
        token: Secret,
        store: any BotStore,
        registry: BotRegistry,
        broker: any Broker,
        presence: any PresenceStore,
        now: @escaping @Sendable () -> Int64 = WallClock.now,
        logger: Logger
    ) {
        self.token = token
        self.store = store
        self.registry = registry
        self.overview = BotOverview(broker: broker, presence: presence, now: now)
        self.now = now
        self.logger = logger
    }

    /// Adds the routes to the router of an event loop. Called on that loop.
    public func addRoutes(to router: inout Router, on eventLoop: any EventLoop) {
        let desk = AdminDesk(
            gate: AdminGate(token: self.token),
            store: self.store,
            registry: self.registry,
            logger: self.logger,
            now: self.now,
            eventLoop: eventLoop
        )
        BotRoutes(desk: desk, overview: self.overview).addRoutes(to: &router)
        RotationRoutes(desk: desk).addRoutes(to: &router)
        TokenRoutes(desk: desk).addRoutes(to: &router)
        LookupRoutes(desk: desk).addRoutes(to: &router)
        PanelRoutes(desk: desk).addRoutes(to: &router)
        AdminPageRoutes.addRoutes(to: &router)
        router.notFound.detail =
            "There is nothing at this path. The bots are at /api/bots, their page at /; docs/admin.yaml has all of "
            + "the API. Webhooks and sockets are at the node's other port."
    }
}
