// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// The platform's check of a callback URL (op 13): it sends a token and expects it back signed.
///
/// The answer is a signature over `event_ts ‖ plain_token` by the key that also signs events, over
/// `timestamp ‖ body`. So that no event's signature can be obtained this way, what is signed must not be a possible
/// event: the token's alphabet has no brace, and the two together are not all digits.
struct QQValidation {
    private static let members = JSONMemberNames("plain_token", "event_ts")

    let eventTimestamp: String
    let plainToken: String

    /// Reads a request's `d`.
    init(_ d: JSONValue) throws(QQRejection) {
        guard let members = try? d.object(members: Self.members),
            let plainToken = members["plain_token"]?.string,
            let timestamp = members["event_ts"].flatMap({ $0.string ?? $0.integer.map { String($0) } })
        else { throw .validationMalformed }
        guard SignedTimestamp.isTimestamp(timestamp), Self.isToken(plainToken),
            !plainToken.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { throw .validationRefused }
        self.eventTimestamp = timestamp
        self.plainToken = plainToken
    }

    /// The answer: the token and its signature.
    func answer(key: QQKey) throws(QQRejection) -> HTTPResponse {
        guard let signature = try? key.signature(timestamp: self.eventTimestamp.utf8, body: self.plainToken.utf8) else {
            throw .internalError
        }
        var json = JSONObjectWriter()
        json.member("plain_token", self.plainToken)
        json.member("signature", signature)
        return .json(ByteBuffer(bytes: json.finish()))
    }

    private static func isToken(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
                default: false
                }
            }
    }
}
