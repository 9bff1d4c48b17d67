// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// A request's signature, syntactically validated: everything about it that needs no key.
///
/// The syntax is checked before the cryptography: an ambiguous boundary between timestamp and body, or a malformed
/// signature, never reaches a key.
struct QQSignature {
    /// 64 bytes, R and S.
    let bytes: [UInt8]
    /// When the platform signed.
    let timestamp: SignedTimestamp

    /// Reads the signature's header fields.
    ///
    /// - Returns: nil where the request carries none of them.
    init?(fields: RequestFields) throws(QQRejection) {
        var bytes: [UInt8]?
        var timestamp: SignedTimestamp?
        let signatures = fields.single("x-signature-ed25519") { bytes = Self.readSignature($0) }
        let timestamps = fields.single("x-signature-timestamp") { timestamp = SignedTimestamp($0) }
        if signatures == .missing, timestamps == .missing { return nil }
        guard signatures != .missing, timestamps != .missing else { throw .unsigned }
        guard signatures == .once, let bytes else { throw .malformedSignature }
        guard timestamps == .once, let timestamp else { throw .malformedTimestamp }
        self.bytes = bytes
        self.timestamp = timestamp
    }

    private static func readSignature(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        guard let bytes = Hex.decode(text, byteCount: 64), bytes[63] & 0xE0 == 0 else { return nil }
        return bytes
    }
}
