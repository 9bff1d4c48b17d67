// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// A sample message, signed as QQ signs it: with the Ed25519 key whose seed is the secret, repeated to 32 bytes
/// (bot.q.qq.com, "Webhook: sign and verify").
///
/// It bypasses ingress, which an egress node does not know. `hookwire send` goes through ingress.
enum TestEvent {
    /// Creates a test event.
    ///
    /// - Parameter now: in milliseconds since 1970.
    static func make(secret: Secret, text: String, now: Int64) throws(CryptoError) -> Event {
        let id = Hex.encode(SecureRandom.bytes(16))
        let time = RFC3339.text(milliseconds: now) ?? ""
        var content: [UInt8] = []
        JSONWriter.append(text, to: &content)
        let body = """
            {"op":0,"id":"GROUP_AT_MESSAGE_CREATE:\(id)","d":{"id":"ROBOT1.0_\(id)","content":\
            \(String(decoding: content, as: UTF8.self)),"timestamp":"\(time)",\
            "author":{"id":"0A1B2C3D","member_openid":"0A1B2C3D"},"group_id":"4E5F6A7B","group_openid":"4E5F6A7B"},\
            "t":"GROUP_AT_MESSAGE_CREATE"}
            """
        let timestamp = "\(now / 1_000)"
        return Event(
            platform: "qq",
            id: "GROUP_AT_MESSAGE_CREATE:\(id)",
            type: "GROUP_AT_MESSAGE_CREATE",
            receivedAt: now,
            headers: [
                "Content-Type": "application/json",
                "User-Agent": "Hookwire-Inspector",
                "X-Bot-Appid": "100000000",
                "X-Signature-Method": "Ed25519",
                "X-Signature-Timestamp": timestamp,
                "X-Signature-Ed25519": try self.signature(secret: secret, over: timestamp + body),
            ],
            body: ByteBuffer(string: body),
            bodyIsUTF8: true
        )
    }

    /// Signs, and verifies as QQ would.
    private static func signature(secret: Secret, over text: String) throws(CryptoError) -> String {
        let key = try secret.exposeUTF8 { bytes throws(CryptoError) in
            try Ed25519PrivateKey(seed: (0..<Ed25519PrivateKey.seedByteCount).lazy.map { bytes[$0 % bytes.count] })
        }
        let message = Array(text.utf8)
        let signature = message.withUnsafeBytes { try? key.sign($0) }
        guard let signature, Ed25519.verify(signature: signature, over: message, publicKey: key.publicKey) else {
            throw .operationFailed
        }
        return Hex.encode(signature)
    }
}
