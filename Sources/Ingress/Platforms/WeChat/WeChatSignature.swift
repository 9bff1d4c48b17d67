// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

package import Shared

/// WeChat's signature with an account's token: SHA-1 over the sorted parts (developers.weixin.qq.com, "Access guide").
/// In plain mode the body is not covered.
package struct WeChatSignature {
    /// The longest plausible nonce, in bytes.
    private static let maximumNonceLength = 128

    let timestamp: SignedTimestamp
    private let nonce: String

    /// Reads the URL's parameters besides the signature itself.
    init(_ query: QueryParameters) throws(WeChatRejection) {
        guard let timestamp = query["timestamp"], let nonce = query["nonce"], !nonce.isEmpty else {
            throw .missingSignature
        }
        guard let timestamp = SignedTimestamp(timestamp) else { throw .malformedTimestamp }
        guard nonce.utf8.count <= Self.maximumNonceLength else { throw .malformedSignature }
        self.timestamp = timestamp
        self.nonce = nonce
    }

    /// Checks a signature, and returns the token that matches.
    ///
    /// - Parameters:
    ///   - text: the signature in hexadecimal digits, where there is one.
    ///   - encrypted: the message in AES mode, which is signed too.
    func check(
        _ text: String?,
        _ tokens: SigningSecrets,
        encrypted: String? = nil
    ) throws(WeChatRejection) -> Secret {
        guard let text else { throw .missingSignature }
        guard let signature = Hex.decode(text, byteCount: DigestAlgorithm.insecureSHA1.byteCount) else {
            throw .malformedSignature
        }
        let parts = [self.timestamp.text, self.nonce] + (encrypted.map { [$0] } ?? [])
        // The platform accepts a new token only from a server that already uses it, while users keep writing.
        let token = tokens.first { ConstantTime.equal(Self.digest(parts, token: $0), signature) }
        guard let token else { throw .wrongSignature }
        return token
    }

    /// The signature of parts, which are sorted by their bytes.
    package static func digest(_ parts: [String], token: Secret) -> [UInt8] {
        let sorted = ([token.exposeText()] + parts).map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
        var digest = StreamingDigest(.insecureSHA1)
        for part in sorted {
            digest.update(part)
        }
        return digest.finalize()
    }
}
