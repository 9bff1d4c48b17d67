// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1

/// A file embedded in the program, served with an entity tag so that a client that has it gets 304 (RFC 9110, section
/// 13.1.2). Its bytes are shared by all event loops.
public struct StaticFile: Sendable {
    private let tag: String
    private let body: ByteBuffer
    private let headers: [(name: String, value: String)]

    /// A file from its bytes.
    ///
    /// - Parameter headers: additional fields of its responses.
    public init(_ bytes: [UInt8], mediaType: String, headers: [(name: String, value: String)] = []) {
        self.tag = "\"\(Hex.encode(Digest.sha256(bytes).prefix(12)))\""
        self.body = ByteBuffer(bytes: bytes)
        self.headers =
            [
                ("Content-Type", mediaType),
                ("ETag", self.tag),
                // Revalidated each time, mostly with 304: no client mixes files of two versions.
                ("Cache-Control", "no-cache"),
                ("X-Content-Type-Options", "nosniff"),
            ] + headers
    }

    /// The response to a request for it.
    public func answer(to request: HTTPRequest) -> HTTPReply {
        let known = request.headers[canonicalForm: "if-none-match"]
        // A proxy that compresses makes the tag a weak one (RFC 9110, section 8.8.3).
        guard known.contains(where: { $0 == self.tag || $0 == "W/\(self.tag)" || $0 == "*" }) else {
            return .response(HTTPResponse(status: .ok, headers: self.headers, body: self.body))
        }
        return .response(HTTPResponse(status: .notModified, headers: self.headers))
    }
}
