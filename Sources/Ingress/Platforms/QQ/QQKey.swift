// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import Shared

/// The values derived from a QQ bot's secret: its signing key and its channel.
///
/// The platform derives the key pair from the secret, so there is no public key to configure: the seed is the
/// secret's UTF-8 bytes repeated and cut to 32 (bot platform documentation, "Webhook", signature).
public final class QQKey: Sendable {
    /// The key that the platform and the relay both sign with.
    let signing: Ed25519PrivateKey
    /// Where the bot's events go.
    public let channel: ChannelID

    /// Derives the key, for about 25 µs.
    ///
    /// - Throws: `QQKeyError.emptySecret`; or `QQKeyError.derivation` if libcrypto fails.
    public init(secret: Secret) throws(QQKeyError) {
        guard !secret.isEmpty else { throw .emptySecret }
        self.channel = ChannelID(secret: secret)
        do {
            self.signing = try secret.exposeUTF8 { bytes throws(CryptoError) in
                try Ed25519PrivateKey(seed: (0..<Ed25519PrivateKey.seedByteCount).lazy.map { bytes[$0 % bytes.count] })
            }
        } catch {
            throw .derivation
        }
    }

    /// The signature that the platform's requests carry, in lower-case hexadecimal: over the timestamp's text followed
    /// by the body's bytes.
    public func signature(timestamp: some Sequence<UInt8>, body: some Sequence<UInt8>) throws(CryptoError) -> String {
        let message = Array(timestamp) + Array(body)
        var signature: [UInt8] = []
        do {
            signature = try message.withUnsafeBytes { bytes in try self.signing.sign(bytes) }
        } catch let error as CryptoError {
            throw error
        } catch {
            preconditionFailure("signing throws no other error")
        }
        return Hex.encode(signature)
    }
}

/// Why a secret gives no key.
public enum QQKeyError: String, Error, Sendable {
    case emptySecret = "empty_secret"
    case derivation
}
