// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
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
    init?(fields: RequestFields) throws(QQRejection) {
        var bytes: [UInt8]?
        var timestamp: (text: String, seconds: Int64)?
        let signatures = fields.single("x-signature-ed25519") { bytes = Self.readSignature($0) }
        let timestamps = fields.single("x-signature-timestamp") { timestamp = Self.readTimestamp($0) }
        if signatures == .missing, timestamps == .missing { return nil }
        guard signatures != .missing, timestamps != .missing else { throw .unsigned }
        guard signatures == .once, let bytes else { throw .malformedSignature }
        guard timestamps == .once, let timestamp else { throw .malformedTimestamp }
        self.bytes = bytes
        self.timestamp = timestamp.text
        self.seconds = timestamp.seconds
    }

    private static func readSignature(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        guard let bytes = Hex.decode(text, byteCount: 64), bytes[63] & 0xE0 == 0 else { return nil }
        return bytes
    }

    private static func readTimestamp(_ text: UnsafeRawBufferPointer) -> (text: String, seconds: Int64)? {
        // Checked before it is copied: a header field may be long.
        guard (1...16).contains(text.count) else { return nil }
        let digits = String(decoding: text, as: UTF8.self)
        guard self.isTimestamp(digits), let seconds = Int64(digits) else { return nil }
        return (digits, seconds)
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
