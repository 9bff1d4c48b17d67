// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1

/// The framing of a request's body, and what its header demands of the connection (RFC 9112, sections 3.2 and 6; RFC
/// 9110, section 10.1.1).
struct RequestFraming {
    /// The body's declared length in bytes, if any. The parser ensures that the body is not chunked then.
    let length: Int?
    let isChunked: Bool
    /// Whether the peer waits for 100 Continue before it sends the body.
    let expectsContinue: Bool
    /// Whether no request can follow.
    let isLast: Bool

    /// - Throws: why the request is not served.
    init(_ head: HTTPRequestHead) throws(HTTPRefusal) {
        let fields = MessageFields(head.headers)
        if fields.hostCount > 1 || (fields.hostCount == 0 && head.version != .http1_0) {
            throw .missingHost
        }
        // An intermediary may read an invalid host as another one.
        if let host = fields.host, !host.utf8.allSatisfy(ASCIISet.isHost) {
            throw .invalidHost
        }
        // The parser accepts digits only: what fails to convert here is too large.
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
        // The parser stops for good after an upgrade request, granted or not. And HTTP/1.0 has no chunked coding: an
        // intermediary may see the body end elsewhere (RFC 9112, section 6.1).
        self.isLast = head.method == .CONNECT || fields.asksForUpgrade || (self.isChunked && head.version == .http1_0)
    }
}
