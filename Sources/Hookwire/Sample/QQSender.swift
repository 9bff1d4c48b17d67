// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Ingress
internal import Shared

/// QQ, to a webhook of one bot (bot platform documentation, "Webhook").
struct QQSender: PlatformSender {
    private static let members = JSONMemberNames("plain_token", "signature", "op", "d")

    private let key: QQKey
    private let appID: String
    private let clock: @Sendable () -> Int64

    /// - Parameters:
    ///   - credentials: the secret, and the app id that a URL of all bots finds the bot by; any other URL does without.
    ///   - clock: milliseconds since 1970-01-01T00:00:00Z.
    /// - Throws: `SampleError` where the app id cannot be in a field.
    init(_ credentials: Credentials, clock: @escaping @Sendable () -> Int64) throws {
        if let fault = credentials.appID.flatMap({ BotRule.fault(ofAppID: $0) }) {
            throw SampleError(description: "The app id (--app-id) \(fault)")
        }
        self.key = try QQKey(secret: credentials.secret)
        self.appID = credentials.appID ?? "100000000"
        self.clock = clock
    }

    func event(_ content: SampleContent) throws -> SampleRequest {
        let body = self.body(content)
        return try self.signed(body, as: body)
    }

    /// The form of a signature, and not this body's.
    func forgery() throws -> SampleRequest? {
        let body = self.body(.nothing)
        return try self.signed(body, as: body + [UInt8(ascii: " ")])
    }

    func handshake() throws -> Handshake? {
        let token = SampleID.make()
        let timestamp = "\(self.seconds)"
        let body = Array(#"{"d":{"plain_token":"\#(token)","event_ts":"\#(timestamp)"},"op":13}"#.utf8)
        let expected = try self.key.signature(timestamp: timestamp.utf8, body: token.utf8)
        return Handshake(request: try self.signed(body, as: body)) { answer in
            let members = answer.withUnsafeBytes { bytes -> (token: String?, signature: String?)? in
                guard let object = try? JSONObjectView(validating: bytes, members: Self.members) else { return nil }
                return (object["plain_token"]?.string, object["signature"]?.string)
            }
            guard let members else { return .notAnObject }
            guard let signature = members.signature, !signature.isEmpty else { return .noSignature }
            guard members.token == token else { return .otherToken }
            guard Hex.decode(signature, byteCount: Ed25519.signatureByteCount) != nil else {
                return .malformedSignature
            }
            return Secret(signature.lowercased()) == Secret(expected) ? nil : .wrongSignature
        }
    }

    /// An empty answer is one, too; `{"op":12,"d":1}` asks for another delivery.
    func isAcknowledged(_ body: [UInt8]) -> Bool {
        guard !body.isEmpty else { return true }
        return body.withUnsafeBytes { bytes in
            guard let object = try? JSONObjectView(validating: bytes, members: Self.members) else { return false }
            return object["op"]?.integer != 12 || object["d"]?.integer == 0
        }
    }

    /// `{"op":12,"d":1}`, or another `d` that is not 0.
    func isRefused(_ body: [UInt8]) -> Bool {
        body.withUnsafeBytes { bytes in
            guard let object = try? JSONObjectView(validating: bytes, members: Self.members),
                object["op"]?.integer == 12, let result = object["d"]?.integer
            else { return false }
            return result != 0
        }
    }

    private var seconds: Int64 { self.clock() / 1_000 }

    private func body(_ content: SampleContent) -> [UInt8] {
        let id = SampleID.make()
        switch content {
        case .body(let body): return body
        case .text(let text):
            let json = """
                {"op":0,"id":"GROUP_AT_MESSAGE_CREATE:\(id)","d":{"id":"ROBOT1.0_\(id)","content":\(text.asJSON),\
                "timestamp":"\(Timestamp.iso8601(seconds: self.seconds))","author":{"id":"0A1B2C3D",\
                "member_openid":"0A1B2C3D","member_role":"member","bot":false},"group_id":"4E5F6A7B",\
                "group_openid":"4E5F6A7B"},"t":"GROUP_AT_MESSAGE_CREATE"}
                """
            return Array(json.utf8)
        // A type that QQ does not have, so that bots and their SDKs pass it over.
        case .nothing:
            return Array(#"{"op":0,"id":"HOOKWIRE_DOCTOR:\#(id)","d":{"id":"\#(id)"},"t":"HOOKWIRE_DOCTOR"}"#.utf8)
        }
    }

    private func signed(_ body: [UInt8], as signedBody: [UInt8]) throws -> SampleRequest {
        let timestamp = "\(self.seconds)"
        return SampleRequest(
            headers: [
                ("Content-Type", "application/json"),
                ("User-Agent", "QQBot-Callback"),
                ("X-Bot-Appid", self.appID),
                ("X-Signature-Method", "Ed25519"),
                ("X-Signature-Timestamp", timestamp),
                ("X-Signature-Ed25519", try self.key.signature(timestamp: timestamp.utf8, body: signedBody)),
            ],
            body: body
        )
    }
}
