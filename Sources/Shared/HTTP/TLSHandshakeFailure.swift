// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOSSL

/// Why the TLS handshake of a connection failed, for the node's log.
enum TLSHandshakeFailure {
    /// In a few words; nil for an error that is no failed handshake, and for a peer that only left, as health checks
    /// do.
    static func reason(_ error: any Error) -> String? {
        guard case NIOSSLError.handshakeFailed = error, let words = ConnectionFailure.tlsWords(error) else {
            return nil
        }
        return switch words {
        case "HTTP_REQUEST": "plain HTTP: the client needs https:// or wss://"
        // In TLS 1.3 OpenSSL says so without encryption, which is none that BoringSSL reads there.
        case "BAD_PACKET_LENGTH": "\(words): mostly a client that does not trust the certificate"
        // Such as TLSV1_ALERT_UNKNOWN_CA: what the peer says is its reason, not ours.
        case _ where words.contains("ALERT"): "the client ended it: \(words)"
        default: words
        }
    }
}
