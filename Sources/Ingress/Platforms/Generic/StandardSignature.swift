// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// The signature of a request as in Standard Webhooks 1.0.0, over `id.timestamp.body`.
struct StandardSignature {
    /// The most signatures that a request may carry, for several keys.
    private static let maximumCount = 16
    /// How many of them are checked with a public key, which takes a hundred times as long as with a shared one.
    private static let maximumPublicCount = 4

    /// The event's id.
    let id: String
    /// When it was signed.
    let timestamp: SignedTimestamp
    /// The signatures with the versions before them.
    private let signatures: [(version: Substring, bytes: [UInt8])]

    /// Reads the signature's header fields, or their Svix names from before the standard.
    init(headers: HTTPHeaders) throws(GenericRejection) {
        let isSvix = headers.single("webhook-id") == .missing && headers.single("svix-id") != .missing
        let id = headers.single(isSvix ? "svix-id" : "webhook-id")
        let timestamp = headers.single(isSvix ? "svix-timestamp" : "webhook-timestamp")
        let signatures = headers.single(isSvix ? "svix-signature" : "webhook-signature")
        guard id != .missing, timestamp != .missing, signatures != .missing else { throw .missingSignature }
        // A full stop in the id would make the boundary to the timestamp ambiguous.
        guard case .value(let id) = id, let id = EventDescription.bounded(id: id), !id.utf8.contains(UInt8(ascii: "."))
        else { throw .malformedSignature }
        guard case .value(let timestamp) = timestamp, let timestamp = SignedTimestamp(timestamp) else {
            throw .malformedTimestamp
        }
        guard case .value(let signatures) = signatures else { throw .malformedSignature }
        self.id = id
        self.timestamp = timestamp
        self.signatures = try Self.signatures(signatures)
    }

    /// Whether one of the signatures matches the key. There are several during a key rotation.
    func isValid(over body: ByteBuffer, key: StandardKey) -> Bool {
        let head = Array("\(self.id).\(self.timestamp.text).".utf8)
        // All are checked, even after a match.
        return self.signatures.reduce(false) { isValid, signature in
            let isThisValid =
                switch (key, signature.version) {
                case (.symmetric(let key), "v1"):
                    HMACSHA256.isValid(signature.bytes, key: key, over: head, body.readableBytesView)
                case (.publicKey(let key), "v1a"):
                    Ed25519.verify(
                        signature: signature.bytes,
                        over: head,
                        body.readableBytesView,
                        publicKey: key
                    )
                default: false
                }
            return isThisValid || isValid
        }
    }

    /// Parses `v1,… v1a,… …`; unknown versions are ignored.
    private static func signatures(
        _ text: String
    ) throws(GenericRejection) -> [(version: Substring, bytes: [UInt8])] {
        let words = text.split(separator: " ", maxSplits: Self.maximumCount)
        guard (1...Self.maximumCount).contains(words.count) else { throw .malformedSignature }
        var signatures: [(version: Substring, bytes: [UInt8])] = []
        for word in words {
            let parts = word.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw .malformedSignature }
            guard ["v1", "v1a"].contains(parts[0]) else { continue }
            guard let bytes = Base64.decode(parts[1]) else { throw .malformedSignature }
            signatures.append((parts[0], bytes))
        }
        guard signatures.count(where: { $0.version == "v1a" }) <= Self.maximumPublicCount else {
            throw .malformedSignature
        }
        return signatures
    }
}

/// A secret of Standard Webhooks as its key.
enum StandardKey {
    /// `whsec_` and Base64, or Base64 alone: signs as `v1`.
    case symmetric([UInt8])
    /// `whpk_` and Base64: an Ed25519 public key, checks `v1a`.
    case publicKey([UInt8])

    init(_ secret: Secret) throws(GenericRejection) {
        let text = secret.exposeText()
        if text.hasPrefix("whpk_") {
            guard let key = Base64.decode(text.dropFirst(5)), key.count == Ed25519.publicKeyByteCount else {
                throw .malformedStandardSecret
            }
            self = .publicKey(key)
        } else {
            let digits = text.hasPrefix("whsec_") ? text.dropFirst(6) : text[...]
            guard let key = Base64.decode(digits), !key.isEmpty else { throw .malformedStandardSecret }
            self = .symmetric(key)
        }
    }
}
