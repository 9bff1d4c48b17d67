// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// The signature of a request in the form in which it may be checked: everything about it that needs no key.
///
/// The form comes before the cryptography: digits that could move between timestamp and body, or a
/// signature that is none, never reach a key.
struct QQSignature {
    /// 64 bytes, R and S.
    let bytes: [UInt8]
    /// The timestamp as it was signed: 1 to 16 ASCII digits.
    let timestamp: String
    /// The timestamp's value in seconds since 1970-01-01T00:00:00Z.
    let seconds: Int64

    /// Reads the signature's header fields.
    ///
    /// - Returns: nil where the request carries none of them.
    init?(headers: HTTPHeaders) throws(QQRejection) {
        let signatureField = headers.single("x-signature-ed25519")
        let timestampField = headers.single("x-signature-timestamp")
        if signatureField == .missing, timestampField == .missing { return nil }
        guard signatureField != .missing, timestampField != .missing else { throw .unsigned }
        guard case .value(let signature) = signatureField, let bytes = Hex.decode(signature, byteCount: 64),
            bytes[63] & 0xE0 == 0
        else { throw .malformedSignature }
        guard case .value(let timestamp) = timestampField, Self.isTimestamp(timestamp), let seconds = Int64(timestamp)
        else { throw .malformedTimestamp }
        self.bytes = bytes
        self.timestamp = timestamp
        self.seconds = seconds
    }

    /// Whether the text is 1 to 16 ASCII digits.
    static func isTimestamp(_ text: String) -> Bool {
        (1...16).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// How long the signature stays acceptable, in milliseconds; nil where it is stale, or too far in the future.
    func remainingLifetime(nowMilliseconds: Int64, freshness: TimeAmount) -> Int64? {
        let window = freshness.nanoseconds / 1_000_000
        // Sixteen digits of seconds can be more milliseconds than fit a number.
        let (milliseconds, overflow) = self.seconds.multipliedReportingOverflow(by: 1_000)
        guard !overflow else { return nil }
        let (age, underflow) = nowMilliseconds.subtractingReportingOverflow(milliseconds)
        guard !underflow, (-window...window).contains(age) else { return nil }
        return window - age
    }
}
