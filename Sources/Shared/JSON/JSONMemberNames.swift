// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The members of an object that a reader wants, at most eight: made once, used for every text.
public struct JSONMemberNames: Sendable {
    /// How many names one scan can look for.
    public static let maximumCount = 8

    let names: [[UInt8]]
    /// The first eight bytes of each name, zeros after its end, and its length: most names differ here already.
    private var prefixes = SIMD8<UInt64>()
    private var lengths = SIMD8<UInt64>()

    /// - Precondition: at most ``maximumCount`` names, all different.
    public init(_ names: String...) {
        self.init(names)
    }

    /// - Precondition: at most ``maximumCount`` names, all different.
    public init(_ names: [String]) {
        precondition(names.count <= Self.maximumCount, "one scan looks for eight members at most")
        self.names = names.map { Array($0.utf8) }
        precondition(Set(self.names).count == names.count, "each member is asked for once")
        for (index, name) in self.names.enumerated() {
            self.prefixes[index] = name.withUnsafeBytes { Self.prefix($0) }
            self.lengths[index] = UInt64(name.count)
        }
    }

    /// The place of a name in the order given.
    func index(of name: StaticString) -> Int? {
        self.index(of: UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    /// The place of the name that a raw member name stands for, written with or without escapes.
    func index(ofRaw raw: UnsafeRawBufferPointer, hasEscapes: Bool) -> Int? {
        guard hasEscapes else { return self.index(of: raw) }
        for index in 0..<self.names.count {
            // An escape takes up to six bytes for one, and none takes fewer: most names are out of the question by length.
            let length = Int(self.lengths[index])
            guard length < raw.count, raw.count <= 6 * length else { continue }
            if JSONUnescaping.stands(raw, for: self.names[index]) { return index }
        }
        return nil
    }

    private func index(of name: UnsafeRawBufferPointer) -> Int? {
        let prefix = Self.prefix(name)
        let length = UInt64(name.count)
        for index in 0..<self.names.count where self.prefixes[index] == prefix && self.lengths[index] == length {
            if length <= 8 || self.names[index].elementsEqual(name) { return index }
        }
        return nil
    }

    private static func prefix(_ name: UnsafeRawBufferPointer) -> UInt64 {
        if name.count >= 8 { return UInt64(littleEndian: name.loadUnaligned(as: UInt64.self)) }
        var prefix: UInt64 = 0
        for offset in 0..<name.count { prefix |= UInt64(name[offset]) << UInt64(offset * 8) }
        return prefix
    }
}
