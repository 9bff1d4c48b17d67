// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import Shared

@testable import Ingress

/// A request to the QQ webhook, signed or not, as a test needs it.
struct QQRequest {
    var secret: String? = "DG5g3B4j9X2KOErG"
    var timestamp: String? = "1735815639"
    var signature: String?
    var body: String

    /// A request with the platform's signature.
    static func signed(
        _ body: String,
        secret: String = "DG5g3B4j9X2KOErG",
        timestamp: String = "1735815639"
    ) throws -> QQRequest {
        let key = try QQKey(secret: Secret(secret))
        let signature = try key.signature(timestamp: timestamp.utf8, body: body.utf8)
        return QQRequest(secret: secret, timestamp: timestamp, signature: signature, body: body)
    }

    /// A request without a signature.
    static func unsigned(_ body: String, secret: String? = "DG5g3B4j9X2KOErG") -> QQRequest {
        QQRequest(secret: secret, timestamp: nil, body: body)
    }

    var request: HTTPRequest {
        var headers: HTTPHeaders = ["Content-Type": "application/json", "X-Bot-Appid": "1"]
        if let signature { headers.add(name: "X-Signature-Ed25519", value: signature) }
        if let timestamp { headers.add(name: "X-Signature-Timestamp", value: timestamp) }
        let query = self.secret.map { "?secret=\(PercentEncoding.encode($0))" } ?? ""
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/webhook\(query)", headers: headers)
        guard let request = HTTPRequest(head: head, body: ByteBuffer(string: self.body), remoteAddress: nil) else {
            preconditionFailure("the target is a path")
        }
        return request
    }
}
