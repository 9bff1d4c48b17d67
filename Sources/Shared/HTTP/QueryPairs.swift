// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Iterates over the pairs of an encoded query, split by bytes: a combining character after a separator must not hide
/// it. Skips empty ones. Points into the query's bytes.
struct QueryPairs {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var start = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    mutating func next() -> QueryPair? {
        while self.start < self.bytes.count {
            let end = self.bytes[self.start...].firstIndex(of: UInt8(ascii: "&")) ?? self.bytes.count
            defer { self.start = end + 1 }
            if end > self.start { return QueryPair(UnsafeBufferPointer(rebasing: self.bytes[self.start..<end])) }
        }
        return nil
    }
}

/// One `name=value` of a query. Points into the query's bytes.
struct QueryPair {
    private let bytes: UnsafeBufferPointer<UInt8>
    /// The index of the equals sign, or the end.
    private let separator: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        self.separator = bytes.firstIndex(of: UInt8(ascii: "=")) ?? bytes.count
    }

    /// The pair as received.
    var encoded: String { String(decoding: self.bytes, as: UTF8.self) }

    /// Whether the name, decoded, is this one.
    func isNamed(_ name: String) -> Bool {
        let encoded = UnsafeBufferPointer(rebasing: self.bytes[..<self.separator])
        // Nearly all names are plain, and those are compared in place.
        guard !PercentEncoding.isPlain(encoded, plusIsSpace: true) else {
            guard name.utf8.count == encoded.count else { return false }
            var name = name
            return name.withUTF8 { $0.elementsEqual(encoded) }
        }
        // A query may have thousands of escaped names, and is searched for many: only candidates are decoded.
        guard (name.utf8.count...3 * name.utf8.count).contains(encoded.count), let first = encoded.first,
            first == UInt8(ascii: "%") || first == UInt8(ascii: "+") || first == name.utf8.first
        else { return false }
        return PercentEncoding.decode(encoded, plusIsSpace: true) == name
    }

    /// The value as received, empty if there is none.
    var encodedValue: Slice<UnsafeBufferPointer<UInt8>> {
        self.bytes[min(self.separator + 1, self.bytes.count)...]
    }

    /// The decoded value, empty if there is none; nil if it cannot be decoded.
    var value: String? {
        guard self.separator < self.bytes.count else { return "" }
        return PercentEncoding.decode(
            UnsafeBufferPointer(rebasing: self.bytes[(self.separator + 1)...]),
            plusIsSpace: true
        )
    }
}
