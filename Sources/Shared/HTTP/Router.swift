// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOHTTP1

/// Finds the route of a request by its method and path.
///
/// A router belongs to one event loop, and so may what its routes capture: keys, contexts and caches need no lock.
public struct Router {
    /// What a route does with a request. Called on the router's event loop; must not block.
    public typealias Respond = (HTTPRequest) -> HTTPReply

    private struct Route {
        var pattern: RoutePattern
        var responders: [(method: HTTPMethod, respond: Respond)]
        /// Takes the methods that no responder is for.
        var respondToOthers: Respond?
    }

    private var literals: [String: Route] = [:]
    private var patterns: [Route] = []
    private var prefixes: [(prefix: String, respond: Respond)] = []

    /// A router without routes: everything is 404.
    public init() {}

    /// Adds a route.
    ///
    /// - Parameters:
    ///   - method: the request's method; a route for GET answers HEAD too.
    ///   - pattern: a path whose segments may be parameters: `/ws/{secret}`. A literal path goes before a pattern, and an
    ///     earlier pattern before a later one.
    public mutating func on(_ method: HTTPMethod, _ pattern: String, _ respond: @escaping Respond) {
        self.change(pattern) { $0.responders.append((method, respond)) }
    }

    /// Adds a route for all methods of a path that no other route takes.
    public mutating func onAny(_ pattern: String, _ respond: @escaping Respond) {
        self.change(pattern) { $0.respondToOthers = respond }
    }

    private mutating func change(_ pattern: String, _ change: (inout Route) -> Void) {
        let parsed = RoutePattern(pattern)
        if parsed.isLiteral {
            change(&self.literals[pattern, default: Route(pattern: parsed, responders: [])])
        } else if let index = self.patterns.firstIndex(where: { $0.pattern == parsed }) {
            change(&self.patterns[index])
        } else {
            var route = Route(pattern: parsed, responders: [])
            change(&route)
            self.patterns.append(route)
        }
    }

    /// Adds a route for every method and every path below a prefix, `/qq/`, that no other route takes.
    public mutating func onAny(below prefix: String, _ respond: @escaping Respond) {
        precondition(prefix.hasPrefix("/") && prefix.hasSuffix("/"), "a prefix begins and ends with a slash")
        self.prefixes.append((prefix, respond))
    }

    /// Answers a request by its route, or with 404 or 405.
    public func respond(to request: HTTPRequest) -> HTTPReply {
        if let route = self.literals[request.path] {
            return self.respond(to: request, by: route)
        }
        let segments = request.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for route in self.patterns {
            if let parameters = route.pattern.match(segments) {
                var request = request
                request.parameters = parameters
                return self.respond(to: request, by: route)
            }
        }
        if let respond = self.prefixRoute(of: request) { return respond(request) }
        return .response(Self.notFound.response)
    }

    private func prefixRoute(of request: HTTPRequest) -> Respond? {
        self.prefixes.first { request.path.hasPrefix($0.prefix) }?.respond
    }

    private func respond(to request: HTTPRequest, by route: Route) -> HTTPReply {
        let method = request.method
        for responder in route.responders where responder.method == method {
            return responder.respond(request)
        }
        if method == .HEAD, let get = route.responders.first(where: { $0.method == .GET }) {
            return get.respond(request)
        }
        if let respond = route.respondToOthers { return respond(request) }
        if let respond = self.prefixRoute(of: request) { return respond(request) }
        var allowed = route.responders.map(\.method.rawValue)
        if allowed.contains("GET") { allowed.append("HEAD") }
        let list = allowed.joined(separator: ", ")
        return .response(
            Problem(
                .methodNotAllowed,
                reason: "method_not_allowed",
                detail: "This path takes \(list).",
                headers: [("Allow", list)]
            ).response
        )
    }

    private static let notFound = Problem(
        .notFound,
        reason: "not_found",
        detail: "There is nothing at this path. Webhooks go to /webhook?secret=…, sockets to /ws?secret=…."
    )
}
