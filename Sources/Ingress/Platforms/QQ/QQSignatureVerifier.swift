// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Checks signatures with a bot's own key; one an event loop.
final class QQSignatureVerifier {
    /// What a check found.
    enum Result: Hashable {
        case genuine
        /// Genuine, but not as RFC 8032 makes it: the platform signs with random nonces.
        case genuineByStandardCheck
        case forged
    }

    /// How many standard checks garbage may cost: together, and with one key.
    private enum Budget {
        static let nodeBurst = 400
        static let nodePerSecond = 200.0
        static let keyBurst = 40
        static let keyPerSecond = 10.0
        static let keys = 2_048
    }

    private let keyed: Ed25519KeyedVerifier?
    private var nodeBudget: TokenBucket
    private var keyBudgets = BoundedCache<ChannelID, TokenBucket>(capacity: Budget.keys)

    init(check: IngressConfiguration.SignatureCheck, now: NIODeadline) throws(CryptoError) {
        self.keyed = check == .keyed ? try Ed25519KeyedVerifier() : nil
        self.nodeBudget = TokenBucket(capacity: Budget.nodeBurst, perSecond: Budget.nodePerSecond, now: now)
    }

    /// Checks a signature over its timestamp and the body's raw bytes.
    func verify(_ signature: QQSignature, body: ByteBuffer, key: QQKey, now: NIODeadline) -> Result {
        var timestamp = signature.timestamp.text
        return timestamp.withUTF8 { timestamp in
            body.withUnsafeReadableBytes { body in
                signature.bytes.withUnsafeBytes { signature in
                    self.verify(signature, UnsafeRawBufferPointer(timestamp), body, key: key, now: now)
                }
            }
        }
    }

    private func verify(
        _ signature: UnsafeRawBufferPointer,
        _ timestamp: UnsafeRawBufferPointer,
        _ body: UnsafeRawBufferPointer,
        key: QQKey,
        now: NIODeadline
    ) -> Result {
        guard let keyed = self.keyed else {
            return self.standard(signature, timestamp, body, key: key) ? .genuine : .forged
        }
        if keyed.accepts(signature: signature, over: timestamp, body, key: key.signing) {
            return .genuine
        }
        var keyBudget =
            self.keyBudgets.value(for: key.channel)
            ?? TokenBucket(capacity: Budget.keyBurst, perSecond: Budget.keyPerSecond, now: now)
        defer { self.keyBudgets.insert(keyBudget, for: key.channel) }
        guard keyBudget.take(now: now), self.nodeBudget.take(now: now) else { return .forged }
        guard self.standard(signature, timestamp, body, key: key) else { return .forged }
        // Only garbage uses the budget up.
        keyBudget.giveBack()
        self.nodeBudget.giveBack()
        return .genuineByStandardCheck
    }

    private func standard(
        _ signature: UnsafeRawBufferPointer,
        _ timestamp: UnsafeRawBufferPointer,
        _ body: UnsafeRawBufferPointer,
        key: QQKey
    ) -> Bool {
        key.signing.publicKey.withUnsafeBytes { publicKey in
            Ed25519.verify(signature: signature, over: timestamp, body, publicKey: publicKey)
        }
    }
}
