// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The path and the query of a request's target (RFC 9112, section 3.2).
struct RequestTarget: Sendable {
    /// The path as it was encoded, beginning with a slash, or `*`.
    let path: String
    let query: QueryParameters

    /// Parses a target by bytes: a combining character after a separator must not hide it.
    ///
    /// - Returns: nil where the target is no path: neither `/…`, nor `*`, nor an absolute URI.
    init?(_ target: String) {
        var target = target
        let parts = target.withUTF8 { Self.parts(of: $0) }
        guard let parts else { return nil }
        let utf8 = target.utf8
        func index(_ offset: Int) -> String.Index { utf8.index(utf8.startIndex, offsetBy: offset) }
        let path = target[index(parts.path.lowerBound)..<index(parts.path.upperBound)]
        // `http://host?query` has no path: it asks for the root.
        self.path = path.isEmpty ? "/" : String(path)
        self.query = QueryParameters(
            encoded: target[index(parts.query.lowerBound)..<index(parts.query.upperBound)]
        )
    }

    private struct Parts {
        var path: Range<Int>
        var query: Range<Int>
    }

    private static func parts(of target: UnsafeBufferPointer<UInt8>) -> Parts? {
        // A fragment does not belong in a request; some clients send it anyway.
        let end = target.firstIndex(of: UInt8(ascii: "#")) ?? target.count
        guard let start = self.startOfPath(target[..<end]) else { return nil }
        let question = target[start..<end].firstIndex(of: UInt8(ascii: "?")) ?? end
        return Parts(path: start..<question, query: min(question + 1, end)..<end)
    }

    private static func startOfPath(_ target: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        guard let first = target.first else { return nil }
        if first == UInt8(ascii: "/") || (first == UInt8(ascii: "*") && target.count == 1) { return 0 }
        // The scheme ends at the first colon, and two slashes follow.
        guard let colon = target.firstIndex(of: UInt8(ascii: ":")), target[colon...].starts(with: "://".utf8)
        else { return nil }
        let authority = target[(colon + 3)...]
        return authority.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? authority.endIndex
    }
}
