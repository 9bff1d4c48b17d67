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

    /// What a route does with a request whose body it takes piece by piece; the request's own body is empty. Called on the
    /// router's event loop when the header has come; must not block.
    public typealias RespondStreaming = (HTTPRequest, HTTPBodyInflow) -> HTTPReply

    /// What stands around all routes: it is given a request before its route is looked for, and passes it on to have it
    /// answered, or answers in its place. Called on the router's event loop; must not block.
    typealias Wrap = (_ request: HTTPRequest, _ route: (HTTPRequest) -> HTTPReply) -> HTTPReply

    private struct StreamRoute {
        var prefix: String
        var takes: (HTTPRequest) -> Bool
        var respond: RespondStreaming
    }

    private struct Route {
        var pattern: RoutePattern
        var responders: [(method: HTTPMethod, respond: Respond)]
        /// Takes the methods that no responder is for.
        var respondToOthers: Respond?
    }

    private var literals: [String: Route] = [:]
    private var patterns: [Route] = []
    private var prefixes: [(prefix: String, respond: Respond)] = []
    private var streams: [StreamRoute] = []
    private var wrap: Wrap?

    /// The answer at a path that leads nowhere: it says where there is something.
    public var notFound = Problem.notFound

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

    /// Adds a route for long bodies, or bodies of unknown length, below a prefix that no other route takes: it is given
    /// the request before its body. What is short, or what `takes` leaves, is for the prefix's route of `onAny`.
    ///
    /// - Parameter takes: whether the route wants a request's body piece by piece; the request's own body is empty.
    public mutating func onAnyStreaming(
        below prefix: String,
        where takes: @escaping (HTTPRequest) -> Bool,
        _ respond: @escaping RespondStreaming
    ) {
        precondition(prefix.hasPrefix("/") && prefix.hasSuffix("/"), "a prefix begins and ends with a slash")
        self.streams.append(StreamRoute(prefix: prefix, takes: takes, respond: respond))
    }

    /// Puts something around all routes, once.
    mutating func wrapRoutes(in wrap: @escaping Wrap) {
        precondition(self.wrap == nil, "there is something around the routes already")
        self.wrap = wrap
    }

    /// Whether there can be a streaming route for a target: a glance, before the target is read.
    func mayStream(_ target: String) -> Bool {
        // What does not begin with a slash may be an absolute URI.
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

    /// Answers a request by its route, or with 404 or 405.
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
        return .response(self.notFound.response)
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
    /// The answer at a path that leads nowhere.
    public static let notFound = Problem(
        .notFound,
        reason: RoutingFault.notFound,
        detail: "There is nothing at this path. Webhooks go to /webhook?secret=… or /webhook/{platform}/{bot}, sockets "
            + "to /ws?secret=… or, with one of a registered bot's tokens, to /ws/{bot}, QQ's SDKs to /qq/…."
    )
}
