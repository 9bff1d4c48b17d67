// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1
internal import Shared

/// Says at the other tier's paths that they are the other tier's: where there are two, a URL with the wrong one's host or
/// port is the mistake that is made first.
enum OtherTier {
    /// Why a path is not taken. The raw value is the problem's reason.
    private enum Refusal: String {
        case wrongTier = "wrong_tier"
    }

    /// The answer's reason.
    static let reason = Refusal.wrongTier.rawValue

    /// Adds the routes; where the node is both tiers there are none.
    static func addRoutes(to router: inout Router, of tier: Tier) {
        if !tier.takesWebhooks { self.add(["/webhook"], self.webhooks, to: &router) }
        if !tier.holdsSockets { self.add(self.socketPaths, self.sockets, to: &router) }
    }

    private static let socketPaths = ["/ws", "/events", "/qq", "/reply", "/replay", "/dead-letters", "/inspector"]

    private static let webhooks = Problem(
        .notFound,
        reason: Refusal.wrongTier,
        detail: "This is an egress node, which holds the bots' sockets. Webhooks go to an ingress node: see to it that "
            + "the proxy passes /webhook on to one, or use its address."
    )

    private static let sockets = Problem(
        .notFound,
        reason: Refusal.wrongTier,
        detail:
            "This is an ingress node, which takes webhooks. Sockets and everything else of the bots' go to an egress "
            + "node: see to it that the proxy passes /ws, /events and the others on to one, or use its address."
    )

    private static func add(_ paths: [String], _ problem: Problem, to router: inout Router) {
        for path in paths {
            router.onAny(path) { _ in .response(problem.response) }
            router.onAny(below: path + "/") { _ in .response(problem.response) }
        }
    }
}
