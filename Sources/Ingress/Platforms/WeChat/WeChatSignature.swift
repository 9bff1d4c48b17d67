// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

package import Shared

/// What WeChat signs with an account's token: SHA-1 over parts in their order as texts (developers.weixin.qq.com,
/// "Access guide"). In plain mode the body is none of them.
package struct WeChatSignature {
    /// A nonce longer than this is not WeChat's, in bytes.
    private static let maximumNonceLength = 128

    let timestamp: SignedTimestamp
    private let nonce: String

    /// Reads what a URL says beside the signature itself.
    init(_ query: QueryParameters) throws(WeChatRejection) {
        guard let timestamp = query["timestamp"], let nonce = query["nonce"], !nonce.isEmpty else {
            throw .missingSignature
        }
        guard let timestamp = SignedTimestamp(timestamp) else { throw .malformedTimestamp }
        guard nonce.utf8.count <= Self.maximumNonceLength else { throw .malformedSignature }
        self.timestamp = timestamp
        self.nonce = nonce
    }

    /// Checks a signature, and returns the token that it is by.
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
        // The platform takes a new token only from a server that signs with it already, and its users write meanwhile.
        let token = tokens.first { ConstantTime.equal(Self.digest(parts, token: $0), signature) }
        guard let token else { throw .wrongSignature }
        return token
    }

    /// The signature of parts, which stand in the order of their bytes.
    package static func digest(_ parts: [String], token: Secret) -> [UInt8] {
        let sorted = ([token.exposeText()] + parts).map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
        var digest = StreamingDigest(.insecureSHA1)
        for part in sorted {
            digest.update(part)
        }
        return digest.finalize()
    }
}
