// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Identifies an access token by its hash, which grants nothing itself.
public struct TokenDigest: Hashable, Sendable {
    /// The 32 bytes of the token's SHA-256.
    public let bytes: [UInt8]

    /// The digest of a token.
    public init(of token: Secret) {
        self.bytes = token.exposeUTF8 { Digest.sha256($0) }
    }
}
