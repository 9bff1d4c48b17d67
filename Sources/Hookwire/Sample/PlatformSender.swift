// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A platform's own side of its webhook: what it sends, and what it makes of the answer.
protocol PlatformSender: Sendable {
    /// An event, signed now, with an id of its own.
    ///
    /// - Throws: `SampleError`.
    func event(_ content: SampleContent) throws -> SampleRequest

    /// An event that whoever has not the secret could send; nil where the platform proves itself by nothing that
    /// could be wrong.
    func forgery() throws -> SampleRequest?

    /// The platform's check of the URL; nil where it has none.
    func handshake() throws -> Handshake?

    /// Whether the platform takes an answer with status 2xx for an acknowledgement of its event.
    func isAcknowledged(_ body: [UInt8]) -> Bool

    /// Whether an answer with status 2xx is the platform's own form of a refusal; most have none.
    func isRefused(_ body: [UInt8]) -> Bool

    /// The answer as a person reads it: decrypted, where it is encrypted.
    func readable(_ body: [UInt8]) -> [UInt8]
}

extension PlatformSender {
    func isRefused(_ body: [UInt8]) -> Bool { false }

    func readable(_ body: [UInt8]) -> [UInt8] { body }
}

/// A platform's check of a URL, and how it looks at the answer.
struct Handshake: Sendable {
    var request: SampleRequest
    /// What is wrong with the body of an answer with status 200; nil where nothing is.
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
