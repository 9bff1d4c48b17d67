// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Which of a channel's events a client wants: those of one of the types, and with every value where it is asked for.
///
/// What is filtered out counts as delivered: it is not missed, and not sent later.
struct EventFilter: Hashable, Sendable {
    /// How many conditions a filter has, at most: each reads an event's body once more.
    static let conditionLimit = 8
    /// How many types, at most.
    static let typeLimit = 32
    /// How many names a path has, at most.
    private static let depthLimit = 16

    /// A value that has to stand somewhere in an event's body.
    struct Condition: Hashable, Sendable {
        /// Names of members, from the outermost object to the value.
        let path: [String]
        /// What has to stand there: a string's text, or how a number, a boolean or null is written.
        let value: String
        private let members: [JSONMemberNames]

        init(path: [String], value: String) {
            self.path = path
            self.value = value
            self.members = path.map { JSONMemberNames($0) }
        }

        /// Reads `d.author.id:abc`; nil for what is none. The value may have colons, names may not.
        init?(_ text: String) {
            guard let colon = text.firstIndex(of: ":") else { return nil }
            let path = text[..<colon].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard !path.contains(""), (1...EventFilter.depthLimit).contains(path.count) else { return nil }
            self.init(path: path, value: String(text[text.index(after: colon)...]))
        }

        static func == (left: Self, right: Self) -> Bool { left.path == right.path && left.value == right.value }

        func hash(into hasher: inout Hasher) {
            hasher.combine(self.path)
            hasher.combine(self.value)
        }

        /// Whether a body has the value there; what is no JSON object has not.
        fileprivate func holds(in body: UnsafeRawBufferPointer) -> Bool {
            guard let first = self.members.first else { return true }
            do throws(JSONError) {
                let object = try JSONObjectView(validating: body, members: first)
                guard let value = try object[index: 0]?.value(at: self.members.dropFirst()) else { return false }
                if let text = value.string { return text == self.value }
                switch value.kind {
                case .number, .boolean, .null: return value.raw.elementsEqual(self.value.utf8)
                case .string, .object, .array: return false
                }
            } catch {
                return false
            }
        }
    }

    /// One of these; all where it is empty.
    var types: Set<String> = []
    /// All of these.
    var conditions: [Condition] = []

    /// Whether every event passes.
    var isEmpty: Bool { self.types.isEmpty && self.conditions.isEmpty }

    /// Whether an event passes.
    func admits(_ event: Event) -> Bool {
        if !self.types.isEmpty {
            guard let type = event.type, self.types.contains(type) else { return false }
        }
        guard !self.conditions.isEmpty else { return true }
        return event.body.withUnsafeReadableBytes { body in self.conditions.allSatisfy { $0.holds(in: body) } }
    }
}
