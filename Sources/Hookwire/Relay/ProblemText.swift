// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// What a relay's problem document says (RFC 9457).
enum ProblemText {
    private static let members = JSONMemberNames("detail", "reason")

    /// Its sentence, as it was sent; nil for what is no such document.
    static func detail(_ body: [UInt8]) -> String? { self.members(body)?.detail }

    /// Its reason; nil for what is no such document.
    static func reason(_ body: [UInt8]) -> String? { self.members(body)?.reason }

    /// Whether a relay says so: each of its problems has both.
    static func isRelays(_ body: [UInt8]) -> Bool {
        self.members(body).map { $0.detail != nil && $0.reason != nil } ?? false
    }

    /// Its sentence, or else the whole text, on a line that does a terminal no harm.
    static func line(_ body: ByteBuffer) -> String {
        ForeignText.line(self.detail(Array(body.readableBytesView)) ?? String(buffer: body))
    }

    private static func members(_ body: [UInt8]) -> (detail: String?, reason: String?)? {
        body.withUnsafeBytes { bytes in
            guard let object = try? JSONObjectView(validating: bytes, members: self.members) else { return nil }
            return (object["detail"]?.string, object["reason"]?.string)
        }
    }
}
