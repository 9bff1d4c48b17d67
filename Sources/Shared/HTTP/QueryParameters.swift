// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The parameters of a request's query, `name=value` pairs joined by `&`, decoded on demand.
public struct QueryParameters: Sendable {
    /// The query as received, without the question mark.
    public let encoded: Substring

    /// The parameters of an encoded query.
    public init(encoded: Substring) {
        self.encoded = encoded
    }

    /// The value of the first parameter of that name; an empty string where it has none, nil where there is no such
    /// parameter or its value cannot be decoded.
    public subscript(name: String) -> String? {
        var encoded = self.encoded
        return encoded.withUTF8 { bytes in
            var pairs = QueryPairs(bytes)
            while let pair = pairs.next() {
                if pair.isNamed(name) { return pair.value }
            }
            return nil
        }
    }

    /// The values of all parameters of that name, in order; those that cannot be decoded are nil.
    public func values(of name: String) -> [String?] {
        var encoded = self.encoded
        return encoded.withUTF8 { bytes in
            var values: [String?] = []
            var pairs = QueryPairs(bytes)
            while let pair = pairs.next() {
                if pair.isNamed(name) { values.append(pair.value) }
            }
            return values
        }
    }

    /// The query without the parameters of the given names, everything else as it was encoded.
    public func removing(_ names: [String]) -> String {
        var encoded = self.encoded
        return encoded.withUTF8 { bytes in
            var kept = ""
            var pairs = QueryPairs(bytes)
            while let pair = pairs.next() {
                if names.contains(where: { pair.isNamed($0) }) { continue }
                if !kept.isEmpty { kept += "&" }
                kept += pair.encoded
            }
            return kept
        }
    }
}
