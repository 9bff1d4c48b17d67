// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1
internal import Shared

/// The gateway's address for a client: the address at which it reached this relay, as far as known.
enum QQGatewayAddress {
    /// The gateway's URL for the sender of `request`.
    ///
    /// - Parameter secret: from a path below `/qq/secret/{secret}`: the URL then names the bot, and any token is
    ///   accepted.
    static func url(
        for request: HTTPRequest,
        secret: String?,
        configuration: QQConfiguration
    ) throws(QQRefusal) -> String {
        let base: String
        if let publicURL = configuration.publicURL {
            // http becomes ws, https wss.
            base = "ws" + publicURL.dropFirst("http".utf8.count)
        } else {
            let hosts = request.headers["host"]
            guard hosts.count == 1, Self.isHost(hosts[0]) else { throw .badHost }
            base = (Self.isSecure(request, configuration) ? "wss://" : "ws://") + hosts[0]
        }
        return base + "/qq/ws" + (secret.map { "/" + PercentEncoding.encode($0) } ?? "")
    }

    /// Whether the client speaks TLS, to this node or to a proxy before it that says so.
    private static func isSecure(_ request: HTTPRequest, _ configuration: QQConfiguration) -> Bool {
        switch request.headers[canonicalForm: "x-forwarded-proto"].first?.lowercased() {
        case "https", "wss": true
        case "http", "ws": false
        default: configuration.servesTLS
        }
    }

    /// A host name or an address, and perhaps a port (RFC 9110, section 7.2).
    private static func isHost(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 262
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
                    UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
                    true
                default: false
                }
            }
    }
}
