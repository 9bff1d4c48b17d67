// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A fully validated JSON text (RFC 8259) that is one object, with the members that were requested.
///
/// One pass, no tree and no allocation: the members are ranges of the text. A view points into the bytes it was made
/// from and must not be used after them. Not shared between threads.
public struct JSONObjectView {
    /// The deepest nesting that can be allowed.
    public static let maximumDepth = JSONScanner.maximumDepth

    private let bytes: UnsafeRawBufferPointer
    /// Where `bytes` begin in the text that offsets refer to.
    private let base: Int
    private let names: JSONMemberNames
    private var starts = SIMD8<UInt32>()
    /// One after each value's last byte; 0 for a member that is not there.
    private var ends = SIMD8<UInt32>()

    /// Checks the text and finds the members asked for.
    ///
    /// White space is allowed on both sides, a byte order mark is not. Names match by what they stand for, however
    /// they are escaped. A name asked for that occurs twice is an error; other names may repeat.
    ///
    /// - Parameters:
    ///   - members: what to look for in the outermost object.
    ///   - maximumDepth: how many arrays and objects may be nested, the outermost object counted; 1 to 128.
    /// - Throws: ``JSONError`` with the reason and the offset.
    public init(
        validating bytes: UnsafeRawBufferPointer,
        members: JSONMemberNames,
        maximumDepth: Int = JSONObjectView.maximumDepth
    ) throws(JSONError) {
        try self.init(validating: bytes, base: 0, members: members, maximumDepth: maximumDepth)
    }

    init(
        validating bytes: UnsafeRawBufferPointer,
        base: Int,
        members: JSONMemberNames,
        maximumDepth: Int
    ) throws(JSONError) {
        guard bytes.count <= UInt32.max else { throw JSONError(.tooLong, at: 0) }
        self.bytes = bytes
        self.base = base
        self.names = members

        var scanner = JSONScanner(bytes, depthLimit: maximumDepth)
        guard let first = scanner.peek() else { throw scanner.error(.truncated) }
        guard first == UInt8(ascii: "{") else {
            // A text that is no JSON at all is told apart from one that holds another value.
            _ = try scanner.skipValue()
            try Self.finish(&scanner)
            throw JSONError(.notAnObject, at: 0)
        }
        try scanner.open(isObject: true)
        var isFirst = true
        while try scanner.beginMember(isFirst: isFirst) {
            try self.readMember(&scanner)
            isFirst = false
        }
        scanner.close()
        try Self.finish(&scanner)
    }

    private mutating func readMember(_ scanner: inout JSONScanner) throws(JSONError) {
        let name = try scanner.readName()
        let value = try scanner.skipValue()
        let rawName = UnsafeRawBufferPointer(rebasing: self.bytes[name.raw])
        guard let index = self.names.index(ofRaw: rawName, hasEscapes: name.hasEscapes) else { return }
        guard self.ends[index] == 0 else { throw JSONError(.duplicateMember, at: self.base + name.raw.lowerBound - 1) }
        self.starts[index] = UInt32(truncatingIfNeeded: value.lowerBound)
        self.ends[index] = UInt32(truncatingIfNeeded: value.upperBound)
    }

    private static func finish(_ scanner: inout JSONScanner) throws(JSONError) {
        guard scanner.peek() == nil else { throw scanner.error(.trailingBytes) }
    }

    /// The value of a member that was asked for; `nil` if the object does not have it.
    ///
    /// - Precondition: the name is one of those that were asked for.
    public subscript(name: StaticString) -> JSONValue? {
        guard let index = self.names.index(of: name) else {
            preconditionFailure("the member \(name) was not asked for")
        }
        return self[index: index]
    }

    /// The value of the member at a place in the order of ``JSONMemberNames``; `nil` if the object does not have it.
    public subscript(index index: Int) -> JSONValue? {
        let end = Int(self.ends[index])
        guard end > 0 else { return nil }
        let range = Int(self.starts[index])..<end
        return JSONValue(
            raw: UnsafeRawBufferPointer(rebasing: self.bytes[range]),
            range: range.lowerBound + self.base..<range.upperBound + self.base
        )
    }
}

@available(*, unavailable)
extension JSONObjectView: Sendable {}
