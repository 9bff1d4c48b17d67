// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1

/// What a request's header says of the body that follows it and of the connection (RFC 9112, sections 3.2 and 6; RFC 9110,
/// section 10.1.1).
struct RequestFraming {
    /// The body's length in bytes, where one is said. There are no chunks then: the parser sees to that.
    let length: Int?
    let isChunked: Bool
    /// Whether the peer holds the body back until it is asked for it.
    let expectsContinue: Bool
    /// Whether nothing can follow the request.
    let isLast: Bool

    /// - Throws: why the request is not served.
    init(_ head: HTTPRequestHead) throws(HTTPRefusal) {
        let fields = MessageFields(head.headers)
        if fields.hostCount > 1 || (fields.hostCount == 0 && head.version != .http1_0) {
            throw .missingHost
        }
        // Who stands between may take what is no host for another one.
        if let host = fields.host, !host.utf8.allSatisfy(ASCIISet.isHost) {
            throw .invalidHost
        }
        // The parser takes digits only: what is no number here is one that is too large for it.
        self.length = fields.contentLength.flatMap { Int($0) }
        if fields.contentLength != nil, self.length == nil {
            throw .bodyTooLarge
        }
        guard fields.transferCodings.count <= 1, fields.transferCodings.allSatisfy({ $0.isToken("chunked") }) else {
            throw .unsupportedTransferCoding
        }
        guard fields.expectations.allSatisfy({ $0.isToken("100-continue") }) else {
            throw .unknownExpectation
        }
        self.isChunked = !fields.transferCodings.isEmpty
        let hasBody = self.isChunked || self.length ?? 0 > 0
        self.expectsContinue = !fields.expectations.isEmpty && hasBody && head.version != .http1_0
        // The parser stops for good behind a request that asks for another protocol, be it granted or not. And HTTP/1.0
        // knows no chunks: who stands between may see the body end elsewhere (RFC 9112, section 6.1).
        self.isLast = head.method == .CONNECT || fields.asksForUpgrade || (self.isChunked && head.version == .http1_0)
    }
}
