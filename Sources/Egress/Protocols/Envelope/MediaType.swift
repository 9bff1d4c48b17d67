// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// A media type (RFC 9110, section 8.3.1), as far as envelopes need it.
struct MediaType: Equatable {
    /// As it was written.
    let text: String
    /// Whether content of this type is JSON: `application/json`, or with the suffix `+json` (RFC 6839).
    let isJSON: Bool
    /// Type and subtype in lower case: `text/plain`.
    let essence: String

    /// Parses a `Content-Type`; nil if invalid.
    init?(_ text: String) {
        let essence = String(text.prefix { $0 != ";" }).trimmingOptionalWhitespace.lowercased()
        let parts = essence.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ String($0).isHTTPToken }),
            text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F })
        else { return nil }
        self.text = text.trimmingOptionalWhitespace
        self.essence = essence
        self.isJSON = parts[1] == "json" || parts[1].hasSuffix("+json")
    }
}
