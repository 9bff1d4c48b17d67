// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// Reads a relay's problem document (RFC 9457).
enum ProblemText {
    private static let members = JSONMemberNames("detail", "reason")

    /// Its sentence, as it was sent; nil for what is no such document.
    static func detail(_ body: [UInt8]) -> String? { self.members(body)?.detail }

    /// Its reason; nil for what is no such document.
    static func reason(_ body: [UInt8]) -> String? { self.members(body)?.reason }

    /// Its reason where a relay says so: each of its problems has a sentence, too.
    static func relaysReason(_ body: [UInt8]) -> String? {
        self.members(body).flatMap { $0.detail == nil ? nil : $0.reason }
    }

    /// The longest sentence of a relay's that is shown, in characters.
    private static let sentenceLimit = 600

    /// A refusal on one terminal-safe line: its sentence; otherwise its redirect target, the beginning of its text, or
    /// the meaning of its status.
    ///
    /// - Parameter location: where a redirect leads to.
    static func line(_ body: ByteBuffer, status: Int, location: String?) -> String {
        if let detail = self.detail(Array(body.readableBytesView)) {
            return ForeignText.excerpt(detail, limit: self.sentenceLimit)
        }
        if (300...399).contains(status), let location {
            // No more of it: what follows may be a secret.
            return WebAddress(location).map {
                "it leads to \(ForeignText.line($0.origin)): if the relay is there, give that to --relay"
            } ?? "it leads elsewhere: give --relay the relay's own address"
        }
        // As UTF-8 a character has four bytes at most, and white space is passed over.
        let beginning = String(decoding: body.readableBytesView.prefix(4_096), as: UTF8.self)
        let excerpt = ForeignText.excerpt(beginning)
        guard excerpt.isEmpty else { return excerpt }
        let phrase = HTTPResponseStatus(statusCode: status).reasonPhrase
        return phrase.isEmpty ? "it does not say why" : phrase
    }

    private static func members(_ body: [UInt8]) -> (detail: String?, reason: String?)? {
        body.withUnsafeBytes { bytes in
            guard let object = try? JSONObjectView(validating: bytes, members: self.members) else { return nil }
            return (object["detail"]?.string, object["reason"]?.string)
        }
    }
}
