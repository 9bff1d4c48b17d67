// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A timestamp covered by a signature: 1 to 16 ASCII digits of seconds, kept as signed.
///
/// Leniency of a number parser, about a sign or a space, would make the boundaries of the signed parts ambiguous.
struct SignedTimestamp {
    /// The digits.
    let text: String
    /// Seconds since 1970-01-01T00:00:00Z.
    let seconds: Int64

    /// Reads a timestamp; nil where the text is none.
    init?(_ text: String) {
        guard Self.isTimestamp(text), let seconds = Int64(text) else { return nil }
        self.text = text
        self.seconds = seconds
    }

    /// Reads a timestamp from a field's value; nil where that is none.
    init?(_ bytes: UnsafeRawBufferPointer) {
        // Checked before it is copied: a header field may be long.
        guard (1...16).contains(bytes.count) else { return nil }
        self.init(String(decoding: bytes, as: UTF8.self))
    }

    /// Whether the text is 1 to 16 ASCII digits.
    static func isTimestamp(_ text: String) -> Bool {
        (1...16).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// How long the timestamp stays acceptable, in milliseconds; nil where it is stale, or too far in the future.
    func remainingLifetime(nowMilliseconds: Int64, freshness: TimeAmount) -> Int64? {
        let window = freshness.nanoseconds / 1_000_000
        // Sixteen digits of seconds can overflow as milliseconds.
        let (milliseconds, overflow) = self.seconds.multipliedReportingOverflow(by: 1_000)
        guard !overflow else { return nil }
        let (age, underflow) = nowMilliseconds.subtractingReportingOverflow(milliseconds)
        guard !underflow, (-window...window).contains(age) else { return nil }
        return window - age
    }
}

extension DuplicateKey {
    /// Creates the key of an event whose signature is valid for `lifetime` more milliseconds: remembered at least as
    /// long.
    init(_ text: String, signatureLifetime lifetime: Int64) {
        self.init(
            text,
            lifetimeMilliseconds: max(DuplicateKey.defaultLifetimeMilliseconds, lifetime + 1_000)
        )
    }
}
