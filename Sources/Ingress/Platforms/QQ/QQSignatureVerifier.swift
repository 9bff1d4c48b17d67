// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Checks signatures with a bot's own key; one per event loop.
final class QQSignatureVerifier {
    /// What a check found.
    enum Result: Hashable {
        case genuine(Signer)
        /// Genuine, but not deterministic as in RFC 8032: the platform signs with random nonces.
        case genuineByStandardCheck(Signer)
        case forged
    }

    /// Which key made the signature.
    enum Signer: Hashable {
        case current
        /// The previous key, during a rotation.
        case previous
    }

    /// How many standard checks invalid signatures may cost: in total, and per key.
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
    ///
    /// - Parameter previous: the previous key, during a rotation. It is tried before any costly standard check, since
    ///   genuine signatures must not use up that budget.
    func verify(
        _ signature: QQSignature,
        body: ByteBuffer,
        key: QQKey,
        previous: QQKey? = nil,
        now: NIODeadline
    ) -> Result {
        var timestamp = signature.timestamp.text
        return timestamp.withUTF8 { timestamp in
            body.withUnsafeReadableBytes { body in
                signature.bytes.withUnsafeBytes { signature in
                    let signed = Signed(signature: signature, timestamp: UnsafeRawBufferPointer(timestamp), body: body)
                    return self.verify(signed, key: key, previous: previous, now: now)
                }
            }
        }
    }

    /// A signature and what it is over, during a check.
    private struct Signed {
        let signature: UnsafeRawBufferPointer
        let timestamp: UnsafeRawBufferPointer
        let body: UnsafeRawBufferPointer
    }

    private func verify(_ signed: Signed, key: QQKey, previous: QQKey?, now: NIODeadline) -> Result {
        guard let keyed = self.keyed else {
            if self.standard(signed, key: key) { return .genuine(.current) }
            return previous.map { self.standard(signed, key: $0) } == true ? .genuine(.previous) : .forged
        }
        if keyed.accepts(signature: signed.signature, over: signed.timestamp, signed.body, key: key.signing) {
            return .genuine(.current)
        }
        if let previous,
            keyed.accepts(signature: signed.signature, over: signed.timestamp, signed.body, key: previous.signing)
        {
            return .genuine(.previous)
        }
        var keyBudget =
            self.keyBudgets.value(for: key.channel)
            ?? TokenBucket(capacity: Budget.keyBurst, perSecond: Budget.keyPerSecond, now: now)
        defer { self.keyBudgets.insert(keyBudget, for: key.channel) }
        guard keyBudget.take(now: now), self.nodeBudget.take(now: now) else { return .forged }
        let signer: Signer
        if self.standard(signed, key: key) {
            signer = .current
        } else if let previous, self.standard(signed, key: previous) {
            signer = .previous
        } else {
            return .forged
        }
        // Only invalid signatures use up the budget.
        keyBudget.giveBack()
        self.nodeBudget.giveBack()
        return .genuineByStandardCheck(signer)
    }

    private func standard(_ signed: Signed, key: QQKey) -> Bool {
        key.signing.publicKey.withUnsafeBytes { publicKey in
            Ed25519.verify(
                signature: signed.signature,
                over: signed.timestamp,
                signed.body,
                publicKey: publicKey
            )
        }
    }
}
