// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Why libcrypto could not do what it was asked.
///
/// No case carries key material, a message or a computed value, so that an error may be logged as it is.
public enum CryptoError: String, Error, Sendable, CaseIterable {
    /// libcrypto does not offer the algorithm, for example because a provider restricts it.
    case algorithmUnavailable
    /// libcrypto could not allocate an object.
    case outOfMemory
    /// A key or seed does not have the length that its algorithm prescribes.
    case invalidKeyLength
    /// libcrypto refused the operation.
    case operationFailed
}

extension CryptoError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .algorithmUnavailable:
            "libcrypto does not offer the algorithm; check the providers that openssl.cnf activates"
        case .outOfMemory:
            "libcrypto could not allocate memory; give the process more"
        case .invalidKeyLength:
            "the key has the wrong length; an Ed25519 seed or public key has exactly 32 bytes"
        case .operationFailed:
            "libcrypto refused the operation; check that OpenSSL 3.0 or later is installed and whole"
        }
    }
}
