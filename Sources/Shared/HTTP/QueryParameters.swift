// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The parameters of a request's query, `name=value` pairs joined by `&`, decoded as they are asked for.
public struct QueryParameters: Sendable {
    /// The query as it came, without the question mark.
    public let encoded: Substring

    /// The parameters of an encoded query.
    public init(encoded: Substring) {
        self.encoded = encoded
    }

    /// The value of the first parameter of that name; an empty string where it has none, nil where there is no such
    /// parameter or its value cannot be decoded.
    public subscript(name: String) -> String? {
        for pair in self.pairs {
            let separator = pair.utf8.firstIndex(of: 0x3D) ?? pair.endIndex
            guard Self.name(of: pair) == name else { continue }
            guard separator < pair.endIndex else { return "" }
            return PercentEncoding.decode(pair[pair.utf8.index(after: separator)...], plusIsSpace: true)
        }
        return nil
    }

    /// The query without the parameters of the given names, everything else as it was encoded.
    public func removing(_ names: Set<String>) -> String {
        self.pairs.filter { !names.contains(Self.name(of: $0) ?? "") }.joined(separator: "&")
    }

    /// Split by bytes: a combining character behind a separator must not hide it.
    private var pairs: [Substring] {
        self.encoded.utf8.split(separator: 0x26).map { Substring($0) }
    }

    /// The decoded name of a pair; nil where it cannot be decoded.
    private static func name(of pair: Substring) -> String? {
        PercentEncoding.decode(Substring(pair.utf8.prefix { $0 != 0x3D }), plusIsSpace: true)
    }
}
