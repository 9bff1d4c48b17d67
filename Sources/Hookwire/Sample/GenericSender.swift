// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// A sender of generic webhooks, signed as the scheme of the URL says.
struct GenericSender: PlatformSender {
    private enum Scheme {
        case hmac(field: String, prefix: String)
        case standard(key: [UInt8])
        case bearer(field: String?)
        case unsigned
    }

    private let scheme: Scheme
    private let secret: Secret
    /// Whether the request waits for the bot's reply.
    private let waits: Bool
    private let clock: @Sendable () -> Int64

    /// - Parameter clock: milliseconds since 1970-01-01T00:00:00Z.
    init(_ credentials: Credentials, clock: @escaping @Sendable () -> Int64) throws {
        self.secret = credentials.secret
        self.waits = credentials.waits
        self.clock = clock
        switch credentials.scheme {
        case nil, "", "github": self.scheme = Self.hmac(header: credentials.header)
        case "standard": self.scheme = .standard(key: try Self.standardKey(credentials.secret))
        case "bearer": self.scheme = .bearer(field: credentials.header)
        case "none": self.scheme = .unsigned
        default: throw SampleError(description: "The scheme is none of github, standard, bearer and none.")
        }
    }

    func event(_ content: SampleContent) throws -> SampleRequest {
        let body = Self.body(content)
        return self.signed(body, as: body)
    }

    func forgery() throws -> SampleRequest? {
        let body = Self.body(.nothing)
        switch self.scheme {
        case .hmac, .standard: return self.signed(body, as: body + [UInt8(ascii: " ")])
        // Another secret would be that of another bot.
        case .bearer: return SampleRequest(headers: [("Content-Type", "application/json")], body: body)
        case .unsigned: return nil
        }
    }

    func handshake() throws -> Handshake? { nil }

    func isAcknowledged(_ body: [UInt8]) -> Bool { true }

    func isFallback(_ body: [UInt8]) -> Bool { self.waits && body.elementsEqual("OK".utf8) }

    private static func body(_ content: SampleContent) -> [UInt8] {
        switch content {
        case .body(let body): body
        case .text(let text): Array(#"{"text":\#(text.asJSON)}"#.utf8)
        case .nothing: Array(#"{"type":"hookwire.doctor"}"#.utf8)
        }
    }

    private func signed(_ body: [UInt8], as signedBody: [UInt8]) -> SampleRequest {
        let id = "msg_" + SampleID.make()
        var headers = [(name: "Content-Type", value: "application/json")]
        switch self.scheme {
        case .hmac(let field, let prefix):
            let code = self.secret.exposeUTF8 { HMACSHA256.code(key: $0, over: signedBody) }
            headers += [(field, prefix + Hex.encode(code)), ("X-GitHub-Delivery", id), ("X-GitHub-Event", "ping")]
        case .standard(let key):
            let timestamp = "\(self.clock() / 1_000)"
            let code = HMACSHA256.code(key: key, over: "\(id).\(timestamp).".utf8, signedBody)
            headers += [
                ("webhook-id", id), ("webhook-timestamp", timestamp),
                ("webhook-signature", "v1," + Base64.encode(code)),
            ]
        case .bearer(let field):
            let secret = self.secret.exposeText()
            headers.append(field.map { ($0, secret) } ?? ("Authorization", "Bearer \(secret)"))
            headers.append(("Idempotency-Key", id))
        case .unsigned: headers.append(("Idempotency-Key", id))
        }
        return SampleRequest(headers: headers, body: body)
    }

    /// GitHub's field, or `NAME`, or `NAME:PREFIX`.
    private static func hmac(header: String?) -> Scheme {
        guard let header else { return .hmac(field: "X-Hub-Signature-256", prefix: "sha256=") }
        let parts = header.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        return .hmac(field: String(parts[0]), prefix: parts.count == 2 ? String(parts[1]) : "")
    }

    private static func standardKey(_ secret: Secret) throws -> [UInt8] {
        let text = secret.exposeText()
        guard !text.hasPrefix("whpk_") else {
            throw SampleError(description: "whpk_ is a public key, with which nobody can sign; give a whsec_ secret.")
        }
        guard let key = Base64.decode(text.hasPrefix("whsec_") ? text.dropFirst(6) : text[...]), !key.isEmpty else {
            throw SampleError(description: "With the scheme standard the secret is whsec_ and Base64.")
        }
        return key
    }
}
