// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The stored form of a token: it can verify the token, but not recover it.
///
/// Our tokens have 256 random bits, so that a plain hash cannot be reversed; the MD5 of another relay's token, imported
/// from its table, is accepted only beside its bot's secret.
public enum TokenHash: Hashable, Sendable {
    /// SHA-256 of the token after a domain-separation prefix: 32 bytes.
    case sha256([UInt8])
    /// MD5 as other relays keep it: 16 bytes.
    case md5([UInt8])

    private static let prefix = "hookwire.token.v1\0"
    /// The prefix of our tokens, so that secret scanners find leaked ones.
    private static let mark = "hwt_"
    private static let tokenLength = 68

    /// The hash of a token.
    public init(of token: Secret) {
        self = .sha256(token.exposeUTF8 { Digest.sha256(Self.prefix.utf8, $0) })
    }

    /// The hash of a token as other relays keep it; nil where libcrypto is configured not to have MD5.
    public init?(legacy token: Secret) {
        guard let hash = token.exposeUTF8({ Digest.insecureMD5($0) }) else { return nil }
        self = .md5(hash)
    }

    /// Whether a text has the form of one of our tokens, valid or not.
    public static func isToken(_ text: Secret) -> Bool {
        text.utf8Count == self.tokenLength
            && text.exposeUTF8 { bytes in bytes.starts(with: self.mark.utf8) }
    }

    /// A new token, 68 characters that need no escaping in URLs and WebSocket subprotocols, and its hash.
    public static func makeToken() -> (token: Secret, hash: TokenHash) {
        let token = Secret(self.mark + Hex.encode(SecureRandom.bytes(32)))
        return (token, TokenHash(of: token))
    }
}

extension TokenHash: LosslessStringConvertible {
    /// `sha256:` or `md5:` and hexadecimal digits.
    public var description: String {
        switch self {
        case .sha256(let bytes): "sha256:" + Hex.encode(bytes)
        case .md5(let bytes): "md5:" + Hex.encode(bytes)
        }
    }

    /// Reads what `description` wrote; anything else is nil.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let bytes = Hex.decode(String(parts[1])) else { return nil }
        switch (parts[0], bytes.count) {
        case ("sha256", 32): self = .sha256(bytes)
        case ("md5", 16): self = .md5(bytes)
        default: return nil
        }
    }
}
