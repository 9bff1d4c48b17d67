// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Finds the credentials of a request's URL in header fields that repeat the URL or a part of it: proxies add it as
/// `X-Original-URI`, `X-Envoy-Original-Path`, `X-Rewrite-URL` and under other names, and browsers as `Referer`.
///
/// It looks for them after `secret=` and the like, as sent in the URL, decoded, and percent-encoded up to three times.
public struct URLCredentials: Sendable {
    /// How many bytes of a value must match, and how many values are searched for: both are the sender's choice.
    private static let needleLength = 64
    private static let limit = 8
    private static let encodings = 3

    /// The prefixes of the values.
    private var needles: [[UInt8]] = []

    /// - Parameter names: the parameters that are credentials; each ends as `secret`, `token` or `key` does.
    public init(in query: QueryParameters, named names: [String]) {
        var encoded = query.encoded
        encoded.withUTF8 { bytes in
            var pairs = QueryPairs(bytes)
            while let pair = pairs.next(), self.needles.count < Self.limit {
                guard names.contains(where: { pair.isNamed($0) }) else { continue }
                for value in [Array(pair.encodedValue), pair.value.map { Array($0.utf8) } ?? []] where !value.isEmpty {
                    let needle = Array(value.prefix(Self.needleLength))
                    if !self.needles.contains(needle) { self.needles.append(needle) }
                }
            }
        }
    }

    /// Whether a field's value contains one of them.
    public func stand(in value: String) -> Bool {
        guard !self.needles.isEmpty else { return false }
        var bytes = Array(value.utf8)
        guard bytes.withUnsafeBytes({ Self.mayStand(in: $0) }) else { return false }
        for _ in 0...Self.encodings {
            if self.stand(inDecoded: bytes) { return true }
            let decoded = PercentEncoding.decodeLeniently(bytes)
            guard decoded.count < bytes.count else { return false }
            bytes = decoded
        }
        return false
    }

    private func stand(inDecoded bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { bytes in
            for index in bytes.indices where bytes[index] == UInt8(ascii: "=") && Self.endsName(bytes, at: index) {
                let rest = bytes[(index + 1)...]
                if self.needles.contains(where: { rest.starts(with: $0) }) { return true }
            }
            return false
        }
    }

    /// Whether bytes may contain one: hardly any request's do, so that the exact search is rarely needed.
    static func mayStand(in bytes: UnsafeRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress else { return false }
        if memchr(start, Int32(UInt8(ascii: "%")), bytes.count) != nil { return true }
        var offset = 0
        while let found = memchr(start + offset, Int32(UInt8(ascii: "=")), bytes.count - offset) {
            let index = UnsafeRawPointer(found) - start
            if self.endsName(bytes, at: index) { return true }
            offset = index + 1
        }
        return false
    }

    /// Whether a credential's name may end before that place.
    @inline(__always)
    private static func endsName(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Bool {
        guard index >= 3 else { return false }
        switch (bytes[index - 3], bytes[index - 2], bytes[index - 1]) {
        case (UInt8(ascii: "r"), UInt8(ascii: "e"), UInt8(ascii: "t")),
            (UInt8(ascii: "k"), UInt8(ascii: "e"), UInt8(ascii: "n")),
            (UInt8(ascii: "k"), UInt8(ascii: "e"), UInt8(ascii: "y")):
            return true
        default:
            return false
        }
    }
}
