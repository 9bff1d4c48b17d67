// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1
internal import Shared

/// Meta, to a webhook of one app (developers.facebook.com, "Webhooks").
struct MessengerSender: PlatformSender {
    private let secret: Secret
    private let verifyToken: Secret?
    private let clock: @Sendable () -> Int64

    /// - Parameter clock: milliseconds since 1970-01-01T00:00:00Z.
    init(_ credentials: Credentials, clock: @escaping @Sendable () -> Int64) {
        self.secret = credentials.secret
        self.verifyToken = credentials.verifyToken
        self.clock = clock
    }

    func event(_ content: SampleContent) throws -> SampleRequest {
        let body = self.body(content)
        return self.signed(body, as: body)
    }

    func forgery() throws -> SampleRequest? {
        let body = self.body(.nothing)
        return self.signed(body, as: body + [UInt8(ascii: " ")])
    }

    func handshake() throws -> Handshake? {
        guard let verifyToken = self.verifyToken else { return nil }
        let challenge = Self.challenge()
        return Handshake(request: Self.check(challenge, verifyToken.exposeText())) { answer in
            answer.elementsEqual(challenge.utf8) ? nil : .otherEcho
        }
    }

    func guessedHandshake() -> SampleRequest? {
        self.verifyToken == nil ? Self.check(Self.challenge(), "hookwire-doctor-\(SampleID.make())") : nil
    }

    private static func challenge() -> String {
        String(UInt32.random(in: 1_000_000_000...UInt32.max))
    }

    private static func check(_ challenge: String, _ verifyToken: String) -> SampleRequest {
        let query = [("hub.mode", "subscribe"), ("hub.challenge", challenge), ("hub.verify_token", verifyToken)]
        return SampleRequest(method: .GET, query: query)
    }

    func isAcknowledged(_ body: [UInt8]) -> Bool { true }

    private func body(_ content: SampleContent) -> [UInt8] {
        let now = self.clock()
        switch content {
        case .body(let body): return body
        case .text(let text):
            let json = """
                {"object":"page","entry":[{"id":"PAGE_ID","time":\(now),"messaging":[{"sender":{"id":"USER_ID"},\
                "recipient":{"id":"PAGE_ID"},"timestamp":\(now),"message":{"mid":"m_\(SampleID.make())",\
                "text":\(text.asJSON)}}]}]}
                """
            return Array(json.utf8)
        // An entry in which nothing happened.
        case .nothing:
            return Array(#"{"object":"page","entry":[{"id":"hookwire-doctor","time":\#(now),"messaging":[]}]}"#.utf8)
        }
    }

    private func signed(_ body: [UInt8], as signedBody: [UInt8]) -> SampleRequest {
        let code = self.secret.exposeUTF8 { HMACSHA256.code(key: $0, over: signedBody) }
        return SampleRequest(
            headers: [
                ("Content-Type", "application/json"),
                ("User-Agent", "facebookexternalua"),
                ("X-Hub-Signature-256", "sha256=" + Hex.encode(code)),
            ],
            body: body
        )
    }
}
