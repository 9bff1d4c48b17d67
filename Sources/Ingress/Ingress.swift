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
    private let clock: Clock
    private let logger: Logger

    /// An ingress node's part of a server.
    ///
    /// - Parameter drainState: the node's state where its log ends with the process. While it drains, platforms are then
    ///   asked to send their events again: acknowledged, they would be lost. Nil where the log outlives the node.
    public init(
        configuration: IngressConfiguration,
        broker: any Broker,
        drainState: NodeState?,
        clock: Clock = .system,
        logger: Logger
    ) {
        self.configuration = configuration
        self.broker = broker
        self.drainState = drainState
        self.clock = clock
        self.logger = logger
    }

    /// Adds the tier's routes to the router of an event loop. Called on that loop.
    ///
    /// - Throws: `CryptoError` where libcrypto lacks what the signatures need.
    public func addRoutes(to router: inout Router, on eventLoop: any EventLoop) throws {
        let qq = Webhook(
            platform: try QQ(configuration: self.configuration, clock: self.clock, logger: self.logger),
            broker: self.broker,
            eventLoop: eventLoop,
            drainState: self.drainState,
            logger: self.logger
        )
        // The existing relays' path, and the one that all platforms have here.
        router.on(.POST, "/webhook") { qq.respond(to: $0) }
        router.on(.POST, "/webhook/qq") { qq.respond(to: $0) }
    }
}
