// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A platform's own side of its webhook: what it sends, and what it makes of the answer.
protocol PlatformSender: Sendable {
    /// An event, signed now, with an id of its own.
    ///
    /// - Throws: `SampleError`.
    func event(_ content: SampleContent) throws -> SampleRequest

    /// A forged event, as sent by someone without the secret; nil if the platform does not authenticate its requests.
    func forgery() throws -> SampleRequest?

    /// The platform's check of the URL; nil where it has none.
    func handshake() throws -> Handshake?

    /// The platform's check of the URL with a made-up token, where the real one is not known: how it is refused tells
    /// whether the webhook has a token at all. Nil where no such token is needed, or where it is known.
    func guessedHandshake() -> SampleRequest?

    /// Whether the platform takes an answer with status 2xx for an acknowledgement of its event.
    func isAcknowledged(_ body: [UInt8]) -> Bool

    /// Whether an answer with status 2xx is the platform's own form of a refusal; most have none.
    func isRefused(_ body: [UInt8]) -> Bool

    /// Whether an answer with status 2xx is what a relay gives where no bot replies to an event that waits for it. A
    /// bot may say the same.
    func isFallback(_ body: [UInt8]) -> Bool

    /// The answer as a person reads it: decrypted, where it is encrypted.
    func readable(_ body: [UInt8]) -> [UInt8]
}

extension PlatformSender {
    func guessedHandshake() -> SampleRequest? { nil }

    func isRefused(_ body: [UInt8]) -> Bool { false }

    func isFallback(_ body: [UInt8]) -> Bool { false }

    func readable(_ body: [UInt8]) -> [UInt8] { body }
}

/// A platform's check of a URL, and how it looks at the answer.
struct Handshake: Sendable {
    var request: SampleRequest
    /// The defect of the body of a 200 response; nil if there is none.
    var flaw: @Sendable ([UInt8]) -> HandshakeFlaw?
}

/// Why a platform does not take the answer to its check of a URL.
enum HandshakeFlaw: String, Sendable, CaseIterable {
    /// The answer is no JSON object.
    case notAnObject = "not_an_object"
    /// It does not repeat the token.
    case otherToken = "other_token"
    /// It has no signature.
    case noSignature = "no_signature"
    /// Its signature is not 128 hexadecimal digits.
    case malformedSignature = "malformed_signature"
    /// Its signature is not that of the secret.
    case wrongSignature = "wrong_signature"
    /// It is not what the platform sent.
    case otherEcho = "other_echo"
}

/// Why there is no sample.
struct SampleError: Error, CustomStringConvertible {
    /// A sentence for the command's user.
    var description: String
}
