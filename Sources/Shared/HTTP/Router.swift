// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOHTTP1

/// Finds the route of a request by its method and path.
///
/// A router is confined to one event loop, and so may be what its routes capture: keys, contexts and caches need no
/// lock.
public struct Router {
    /// Answers a request. Called on the router's event loop; must not block.
    public typealias Respond = (HTTPRequest) -> HTTPReply

    /// Answers a request whose body the route streams; the request's own body is empty. Called on the router's event
    /// loop when the header has arrived; must not block.
    public typealias RespondStreaming = (HTTPRequest, HTTPBodyInflow) -> HTTPReply

    /// Middleware around all routes: it gets a request before routing, and passes it on or answers it itself. Called on
    /// the router's event loop; must not block.
    typealias Wrap = (_ request: HTTPRequest, _ route: (HTTPRequest) -> HTTPReply) -> HTTPReply

    private struct StreamRoute {
        var prefix: String
        var takes: (HTTPRequest) -> Bool
        var respond: RespondStreaming
    }

    private struct Route {
        var pattern: RoutePattern
        var responders: [(method: HTTPMethod, respond: Respond)]
        /// Answers the methods that have no responder of their own.
        var respondToOthers: Respond?
    }

    private var literals: [String: Route] = [:]
    private var patterns: [Route] = []
    private var prefixes: [(prefix: String, respond: Respond)] = []
    private var streams: [StreamRoute] = []
    private var wrap: Wrap?

    /// The response for an unknown path: it says which paths exist.
    public var notFound = Problem.notFound

    /// The turns of all work on the router's event loop that takes longer than its other connections should wait.
    package let turns: LoopTurns

    /// Creates a router without routes: everything is 404.
    public init() {
        self.init(turns: LoopTurns())
    }

    package init(turns: LoopTurns) {
        self.turns = turns
    }

    /// Adds a route.
    ///
    /// - Parameters:
    ///   - method: the request's method; a route for GET answers HEAD too.
    ///   - pattern: a path whose segments may be parameters: `/ws/{secret}`. A literal path takes precedence over a
    ///     pattern, and an earlier pattern over a later one.
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

    /// Adds a route for long bodies, or bodies of unknown length, below a prefix that no other route takes: it gets the
    /// request before its body. Short bodies, and requests that `takes` declines, go to the prefix's `onAny` route.
    ///
    /// - Parameter takes: whether the route streams a request's body; the request's own body is empty.
    public mutating func onAnyStreaming(
        below prefix: String,
        where takes: @escaping (HTTPRequest) -> Bool,
        _ respond: @escaping RespondStreaming
    ) {
        precondition(prefix.hasPrefix("/") && prefix.hasSuffix("/"), "a prefix begins and ends with a slash")
        self.streams.append(StreamRoute(prefix: prefix, takes: takes, respond: respond))
    }

    /// Wraps all routes in a middleware; call once.
    mutating func wrapRoutes(in wrap: @escaping Wrap) {
        precondition(self.wrap == nil, "there is something around the routes already")
        self.wrap = wrap
    }

    /// Whether there may be a streaming route for a target: a cheap check before it is parsed.
    func mayStream(_ target: String) -> Bool {
        // A target that does not begin with a slash may be an absolute URI.
        self.streams.contains { target.utf8.first != UInt8(ascii: "/") || target.utf8.starts(with: $0.prefix.utf8) }
    }

    /// The streaming route of a request.
    func streamingRoute(for request: HTTPRequest) -> RespondStreaming? {
        if let (route, _) = self.route(of: request.path),
            route.responders.contains(where: { $0.method == request.method })
        {
            return nil
        }
        guard let stream = self.streams.first(where: { request.path.hasPrefix($0.prefix) && $0.takes(request) }) else {
            return nil
        }
        guard let wrap else { return stream.respond }
        return { request, inflow in wrap(request) { stream.respond($0, inflow) } }
    }

    /// Passes a request to its route, or answers with 404 or 405.
    public func respond(to request: HTTPRequest) -> HTTPReply {
        guard let wrap else { return self.answer(to: request) }
        return wrap(request) { self.answer(to: $0) }
    }

    private func answer(to request: HTTPRequest) -> HTTPReply {
        if let route = self.literals[request.path] {
            return self.respond(to: request, by: route)
        }
        if let (route, parameters) = self.patternRoute(of: request.path) {
            var request = request
            request.parameters = parameters
            return self.respond(to: request, by: route)
        }
        if let respond = self.prefixRoute(of: request) { return respond(request) }
        return .response(self.problem(atUnknown: request.path).response)
    }

    /// The response for an unknown path. A slash at its end, which many a server passes over, is the hardest to see.
    private func problem(atUnknown path: String) -> Problem {
        guard path.hasSuffix("/"), self.route(of: String(path.dropLast())) != nil else { return self.notFound }
        var problem = self.notFound
        problem.detail = "There is nothing at this path, but there is one without the slash at its end: leave that out."
        return problem
    }

    private func route(of path: String) -> (Route, [String: String])? {
        self.literals[path].map { ($0, [:]) } ?? self.patternRoute(of: path)
    }

    private func patternRoute(of path: String) -> (Route, [String: String])? {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for route in self.patterns {
            if let parameters = route.pattern.match(segments) { return (route, parameters) }
        }
        return nil
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
                reason: RoutingFault.methodNotAllowed,
                detail: "This path takes \(list).",
                headers: [("Allow", list)]
            ).response
        )
    }
}

extension Problem {
    /// The response for an unknown path.
    public static let notFound = Problem(
        .notFound,
        reason: RoutingFault.notFound,
        detail: "There is nothing at this path. Webhooks go to /webhook?secret=… or /webhook/{platform}/{bot}, sockets "
            + "to /ws?secret=… or, with one of a registered bot's tokens, to /ws/{bot}, QQ's SDKs to /qq/…."
    )
}
