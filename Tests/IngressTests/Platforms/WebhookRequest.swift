// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import Shared

@testable import Ingress

/// A request to a platform's webhook, as a test needs it.
struct WebhookRequest {
    var method: HTTPMethod
    var platform: String
    /// Names and values, not yet encoded.
    var query: [(String, String)] = []
    var headers: [(String, String)] = []
    var body: [UInt8] = []
    /// Who sends it; nil where that does not matter.
    var remoteAddress: SocketAddress?

    init(
        _ method: HTTPMethod,
        _ platform: String,
        query: [(String, String)] = [],
        headers: [(String, String)] = [],
        body: String = ""
    ) {
        self.method = method
        self.platform = platform
        self.query = query
        self.headers = headers
        self.body = Array(body.utf8)
    }

    init(
        _ platform: String,
        query: [(String, String)] = [],
        headers: [(String, String)] = [],
        body: String = ""
    ) {
        self.init(.POST, platform, query: query, headers: headers, body: body)
    }

    /// The value of a query's parameter; nil takes it away.
    subscript(query name: String) -> String? {
        get { self.query.first { $0.0 == name }?.1 }
        set {
            self.query.removeAll { $0.0 == name }
            if let newValue { self.query.append((name, newValue)) }
        }
    }

    /// The value of a header field; nil takes it away.
    subscript(header name: String) -> String? {
        get { self.headers.first { $0.0 == name }?.1 }
        set {
            self.headers.removeAll { $0.0 == name }
            if let newValue { self.headers.append((name, newValue)) }
        }
    }

    var request: HTTPRequest {
        let query = self.query.map { "\($0)=\(PercentEncoding.encode($1))" }.joined(separator: "&")
        let head = HTTPRequestHead(
            version: .http1_1,
            method: self.method,
            uri: "/webhook/\(self.platform)" + (query.isEmpty ? "" : "?" + query),
            headers: HTTPHeaders(self.headers)
        )
        let body = ByteBuffer(bytes: self.body)
        guard let request = HTTPRequest(head: head, body: body, remoteAddress: self.remoteAddress) else {
            preconditionFailure("the target is a path")
        }
        return request
    }
}

extension Verdict {
    /// What is published, where something is.
    var published: Publishing? {
        if case .publish(let publishing) = self { publishing } else { nil }
    }

    /// Why the request is refused, where it is.
    var refusal: String? {
        if case .refuse(let problem) = self { problem.reason } else { nil }
    }

    /// The status of the answer, where there is one already.
    var status: UInt? {
        switch self {
        case .publish: nil
        case .answer(let response): response.status.code
        case .refuse(let problem): problem.status.code
        }
    }

    /// The body of an answer that is no event's.
    var answer: String? {
        if case .answer(let response) = self { String(buffer: response.body) } else { nil }
    }
}
