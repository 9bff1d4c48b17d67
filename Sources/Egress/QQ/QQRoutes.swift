// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// Everything under `/qq`, which SDKs use as the platform's API. Confined to one event loop.
///
/// An SDK whose token does not come from this relay, because its token URL cannot be changed, uses
/// `/qq/secret/{secret}` in place of `/qq`: the path then identifies the bot.
final class QQRoutes {
    static let prefix = "/qq/"
    private static let secretPrefix = "/secret/"
    private static let socketPrefix = "/ws/"

    private let endpoints: QQEndpoints
    private let services: GatewayServices
    private let gate: SocketGate?

    init(endpoints: QQEndpoints, services: GatewayServices, gate: SocketGate? = nil) {
        self.endpoints = endpoints
        self.services = services
        self.gate = gate
    }

    func addRoutes(to router: inout Router) {
        router.onAny(below: Self.prefix) { self.respond(to: $0) }
        guard self.endpoints.platform != nil else { return }
        router.onAnyStreaming(below: Self.prefix) { request in
            guard case .platform = self.destination(of: request) else { return false }
            return request.method != .CONNECT
        } _: { request, body in
            guard case .platform(let path, let secret) = self.destination(of: request) else {
                return self.respond(to: request)
            }
            return self.endpoints.passOn(
                request,
                path: path,
                secret: secret,
                body: body,
                on: self.services.lane.eventLoop
            )
        }
    }

    /// What a request under `/qq` is for.
    private enum Destination {
        case token
        case gateway(secret: String?, forBot: Bool)
        case user(secret: String?)
        case socket(secret: String?)
        case missingSecret
        /// The platform, at this path, which begins with a slash.
        case platform(path: String, secret: String?)
    }

    private func destination(of request: HTTPRequest) -> Destination {
        // What follows /qq, beginning with a slash.
        var path = request.path.dropFirst(Self.prefix.utf8.count - 1)
        var secret: String?
        // SDKs join the configured base URL and their paths, often with one slash too many.
        let trimmed = path.drop { $0 == "/" }
        if trimmed.hasPrefix(Self.secretPrefix.dropFirst()) { path = "/" + trimmed }
        if path.hasPrefix(Self.secretPrefix) {
            let rest = path.dropFirst(Self.secretPrefix.utf8.count)
            let segment = rest.prefix { $0 != "/" }
            guard let decoded = PercentEncoding.decode(segment), !decoded.isEmpty else { return .missingSecret }
            secret = decoded
            path = rest.dropFirst(segment.count)
            if path.isEmpty { path = "/" }
        }
        let own = Self.withoutNeedlessSlashes(path)
        switch (request.method == .HEAD && self.answersItself(own) ? .GET : request.method, own) {
        case (.POST, "/app/getAppAccessToken"):
            return .token
        case (.GET, "/gateway"):
            return .gateway(secret: secret, forBot: false)
        case (.GET, "/gateway/bot"):
            return .gateway(secret: secret, forBot: true)
        case (.GET, "/users/@me") where self.endpoints.platform == nil:
            return .user(secret: secret)
        // For every method: the path may contain a secret, which must not be proxied.
        case (_, "/ws"):
            return path == own ? .socket(secret: secret) : .missingSecret
        case (_, _) where own.hasPrefix(Self.socketPrefix):
            let segment = own.dropFirst(Self.socketPrefix.utf8.count)
            guard !segment.contains("/"), let decoded = PercentEncoding.decode(segment), !decoded.isEmpty else {
                return .missingSecret
            }
            return .socket(secret: decoded)
        default:
            return Self.mayHoldSecret(own) ? .missingSecret : .platform(path: String(path), secret: secret)
        }
    }

    /// Whether a path, however encoded, is one that contains a bot's secret.
    private static func mayHoldSecret(_ path: Substring) -> Bool {
        guard path.contains("%") || path.contains("/.") || path.hasPrefix(Self.secretPrefix) else { return false }
        let first = Self.decodedLeniently(path).split(separator: "/").first { $0 != "." && $0 != ".." }
        return first == "ws" || first == "secret"
    }

    /// A path with its percent-encodings decoded leniently: invalid ones are kept.
    private static func decodedLeniently(_ path: Substring) -> String {
        var decoded: [UInt8] = []
        var rest = path.utf8
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2, let escaped = UInt8(String(Substring(digits)), radix: 16) {
                decoded.append(escaped)
                rest = rest.dropFirst(2)
            } else {
                decoded.append(byte)
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    /// A path as the relay's own are written.
    private static func withoutNeedlessSlashes(_ path: Substring) -> Substring {
        guard path.contains("//") || path.hasSuffix("/") else { return path }
        return "/" + path.split(separator: "/").joined(separator: "/")[...]
    }

    private func respond(to request: HTTPRequest) -> HTTPReply {
        let eventLoop = self.services.lane.eventLoop
        switch self.destination(of: request) {
        case .token:
            return self.endpoints.token(request, on: eventLoop)
        case .gateway(let secret, let forBot):
            return self.endpoints.gateway(request, secret: secret, forBot: forBot, on: eventLoop)
        case .user(let secret):
            return self.endpoints.user(request, secret: secret, on: eventLoop)
        case .socket(let secret):
            return self.open(request, secret: secret)
        case .missingSecret:
            return .response(SocketRefusal.missingSecret.problem.response)
        case .platform(let path, let secret):
            return self.endpoints.passOn(request, path: path, secret: secret, on: eventLoop)
        }
    }

    /// Whether GET, and so HEAD too, is answered here.
    private func answersItself(_ path: Substring) -> Bool {
        switch path {
        case "/gateway", "/gateway/bot": true
        case "/users/@me": self.endpoints.platform == nil
        default: false
        }
    }

    private func open(_ request: HTTPRequest, secret: String?) -> HTTPReply {
        let headers: [(name: String, value: String)]
        do throws(WebSocketHandshake.Refusal) {
            headers = try WebSocketHandshake.accept(request)
        } catch {
            return .response(error.problem.response)
        }
        guard !self.services.state.isDraining else { return .response(SocketRefusal.draining.problem.response) }
        var visitor: Visitor?
        if let secret {
            do throws(AccessRefusal) {
                visitor = try self.services.lane.authenticator.admit(bearer: secret, of: request, for: .receive)
            } catch {
                return .refused(error)
            }
        }
        let seat: Seat?
        do throws(Problem) {
            seat = try self.gate?.enter(request)
        } catch {
            return .response(error.response)
        }
        let (grant, admission) = (visitor?.sessions, visitor?.admission)
        let services = NIOLoopBound(self.services, eventLoop: self.services.lane.eventLoop)
        let client = self.services.lane.authenticator.client(of: request)
        return .upgrade(
            HTTPUpgrade(headers: headers) { channel in
                try GatewaySocket.open(
                    on: channel,
                    services: services.value,
                    client: client,
                    grant: grant,
                    admission: admission
                )
            }
        ).holding(seat)
    }
}
