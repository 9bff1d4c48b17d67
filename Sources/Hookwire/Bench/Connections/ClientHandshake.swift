// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// The client's side of the WebSocket opening handshake (RFC 6455, section 4.1). One key serves all sockets of a run: a
/// server cannot tell, and the answer need not be computed for each.
struct ClientHandshake: Sendable {
    private let key: String
    private let accept: String

    init(key: [UInt8] = SecureRandom.bytes(16)) {
        self.key = Base64.encode(key)
        self.accept = WebSocketHandshake.acceptance(of: self.key)
    }

    /// The request. No extension is offered, so what comes is what was sent.
    func request(_ target: LoadTarget, secret: String) -> String {
        """
        GET \(target.path(secret: secret)) HTTP/1.1\r
        Host: \(target.authority)\r
        Connection: Upgrade\r
        Upgrade: websocket\r
        Sec-WebSocket-Version: 13\r
        Sec-WebSocket-Key: \(self.key)\r
        \r

        """
    }

    /// Whether the server speaks WebSocket now.
    func isAccepted(_ head: HTTPResponseHead) -> Bool {
        head.status == 101 && head.field("sec-websocket-accept") == self.accept
    }
}
