// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Names of members, from the outermost object of a JSON text to a value.
public struct JSONPath: Hashable, Sendable {
    /// The deepest path.
    public static let depthLimit = 16

    /// At least one.
    public let names: [String]
    fileprivate let members: [JSONMemberNames]

    /// A path of one to ``depthLimit`` names.
    public init(_ names: [String]) {
        precondition((1...Self.depthLimit).contains(names.count), "a path leads somewhere, and not too deep")
        self.names = names
        self.members = names.map { JSONMemberNames($0) }
    }

    public static func == (left: Self, right: Self) -> Bool { left.names == right.names }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(self.names)
    }
}

/// Finds the values at several paths of a JSON text in one pass over it, at any depth: deep nesting in untrusted input
/// costs no more.
public struct JSONPathSearch {
    /// How many paths are looked for at once, at most.
    public static let pathLimit = 32

    private let bytes: UnsafeRawBufferPointer
    private let paths: [JSONPath]
    private var scanner: JSONScanner
    private var values: [JSONValue?]

    private init(_ paths: [JSONPath], in bytes: UnsafeRawBufferPointer) {
        precondition(paths.count <= Self.pathLimit, "a set of paths has a bit for each")
        self.bytes = bytes
        self.paths = paths
        self.scanner = JSONScanner(bytes, depthLimit: JSONObjectView.maximumDepth)
        self.values = Array(repeating: nil, count: paths.count)
    }

    /// Checks the text whole, and finds the values.
    ///
    /// - Returns: a value for each path, nil where there is none. They point into the bytes.
    /// - Throws: ``JSONError``, as ``JSONObjectView`` does: also where a name of a path occurs twice in its object.
    public static func values(
        at paths: [JSONPath],
        in bytes: UnsafeRawBufferPointer
    ) throws(JSONError) -> [JSONValue?] {
        var search = JSONPathSearch(paths, in: bytes)
        guard search.scanner.peek() == UInt8(ascii: "{") else { throw JSONError(.notAnObject, at: 0) }
        let all = paths.isEmpty ? 0 : UInt32.max >> UInt32(Self.pathLimit - paths.count)
        try search.readObject(depth: 0, following: all)
        guard search.scanner.peek() == nil else { throw search.scanner.error(.trailingBytes) }
        return search.values
    }

    /// Reads an object, which comes next.
    ///
    /// - Parameters:
    ///   - depth: how many objects it stands in; recursion ends where paths do.
    ///   - following: a bit for each path that leads through it.
    private mutating func readObject(depth: Int, following: UInt32) throws(JSONError) {
        try self.scanner.open(isObject: true)
        var seen: UInt32 = 0
        var isFirst = true
        while try self.scanner.beginMember(isFirst: isFirst) {
            try self.readMember(depth: depth, following: following, seen: &seen)
            isFirst = false
        }
        self.scanner.close()
    }

    private mutating func readMember(depth: Int, following: UInt32, seen: inout UInt32) throws(JSONError) {
        let name = try self.scanner.readName()
        var (matching, deeper) = (UInt32(0), UInt32(0))
        let rawName = UnsafeRawBufferPointer(rebasing: self.bytes[name.raw])
        for index in self.paths.indices where following & 1 << UInt32(index) != 0 {
            let members = self.paths[index].members
            guard members[depth].index(ofRaw: rawName, hasEscapes: name.hasEscapes) != nil else { continue }
            matching |= 1 << UInt32(index)
            if depth + 1 < members.count { deeper |= 1 << UInt32(index) }
        }
        guard matching & seen == 0 else { throw JSONError(.duplicateMember, at: name.raw.lowerBound - 1) }
        seen |= matching
        let value: Range<Int>
        if deeper != 0, self.scanner.peek() == UInt8(ascii: "{") {
            let start = self.scanner.position
            try self.readObject(depth: depth + 1, following: deeper)
            value = start..<self.scanner.position
        } else {
            value = try self.scanner.skipValue()
        }
        for index in self.paths.indices where (matching & ~deeper) & 1 << UInt32(index) != 0 {
            self.values[index] = JSONValue(raw: UnsafeRawBufferPointer(rebasing: self.bytes[value]), range: value)
        }
    }
}

@available(*, unavailable)
extension JSONPathSearch: Sendable {}
