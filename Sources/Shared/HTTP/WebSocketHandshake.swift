// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1

/// The server's side of the opening handshake (RFC 6455, section 4.2).
public enum WebSocketHandshake {
    /// Why a request cannot become a WebSocket. Also a metric label.
    public enum Refusal: String, Error, Sendable, CaseIterable {
        case notAnUpgrade = "not_an_upgrade"
        case missingKey = "missing_key"
        case unsupportedVersion = "unsupported_version"

        /// The response for the refusal.
        public var problem: Problem {
            switch self {
            case .notAnUpgrade:
                Problem(
                    .upgradeRequired,
                    reason: self,
                    detail: "This is the address of a WebSocket; connect with a WebSocket client (ws:// or wss://). "
                        + "If you did, a proxy on the way dropped the Upgrade and Connection fields.",
                    headers: [("Upgrade", "websocket"), ("Connection", "upgrade")]
                )
            case .missingKey:
                Problem(
                    .badRequest,
                    reason: self,
                    detail: "The WebSocket handshake needs one Sec-WebSocket-Key field of 16 bytes in base64."
                )
            case .unsupportedVersion:
                Problem(
                    .upgradeRequired,
                    reason: self,
                    detail: "Only version 13 of the WebSocket protocol (RFC 6455) is spoken here.",
                    headers: [("Sec-WebSocket-Version", "13"), ("Upgrade", "websocket"), ("Connection", "upgrade")]
                )
            }
        }
    }

    private static let acceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    /// The `Sec-WebSocket-Accept` value for a client's key (RFC 6455, section 4.2.2).
    public static func acceptance(of key: String) -> String {
        Base64.encode(Digest.insecureSHA1(key.utf8, self.acceptSuffix.utf8))
    }

    /// Validates a request and returns the header fields of the 101 response.
    ///
    /// - Parameter subprotocol: selects one of the subprotocols that the client offers, in its order; nil selects none.
    public static func accept(
        _ request: HTTPRequest,
        subprotocol: ([Substring]) -> String? = { _ in nil }
    ) throws(Refusal) -> [(name: String, value: String)] {
        let headers = request.headers
        guard request.method == .GET, request.version != .http1_0,
            headers[canonicalForm: "upgrade"].contains(where: { $0.lowercased() == "websocket" }),
            headers[canonicalForm: "connection"].contains(where: { $0.lowercased() == "upgrade" })
        else { throw .notAnUpgrade }
        guard headers[canonicalForm: "sec-websocket-version"].elementsEqual(["13"]) else { throw .unsupportedVersion }
        let keys = headers["sec-websocket-key"]
        guard keys.count == 1 else { throw .missingKey }
        let key = keys[0].trimmingOptionalWhitespace
        guard Base64.decode(key, trailingBits: .ignored)?.count == 16 else { throw .missingKey }
        var answer: [(name: String, value: String)] = [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", self.acceptance(of: key)),
        ]
        if let chosen = subprotocol(headers[canonicalForm: "sec-websocket-protocol"]) {
            answer.append(("Sec-WebSocket-Protocol", chosen))
        }
        return answer
    }
}
