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
    /// When the platform signed.
    let timestamp: SignedTimestamp

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
        guard case .value(let text) = timestampField, let timestamp = SignedTimestamp(text)
        else { throw .malformedTimestamp }
        self.bytes = bytes
        self.timestamp = timestamp
    }
}
