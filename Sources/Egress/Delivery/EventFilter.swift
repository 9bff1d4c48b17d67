// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Selects the events that a client wants: of one of the types, and meeting all conditions.
///
/// Filtered events count as delivered: they are not gaps, and not sent later.
struct EventFilter: Hashable, Sendable {
    /// How many conditions a filter has, at most.
    static let conditionLimit = 8
    /// How many types, at most.
    static let typeLimit = 32

    /// A value required at a path of an event's body.
    struct Condition: Hashable, Sendable {
        let path: JSONPath
        /// The required value: a string's text, or the JSON text of a number, a boolean or null.
        let value: String

        init(path: [String], value: String) {
            self.path = JSONPath(path)
            self.value = value
        }

        /// Parses `d.author.id:abc`; nil if invalid. The value may contain colons, names may not.
        init?(_ text: String) {
            guard let colon = text.firstIndex(of: ":") else { return nil }
            let path = text[..<colon].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard !path.contains(""), (1...JSONPath.depthLimit).contains(path.count) else { return nil }
            self.init(path: path, value: String(text[text.index(after: colon)...]))
        }

        /// Whether the found value is the required one.
        fileprivate func holds(for found: JSONValue?) -> Bool {
            guard let found else { return false }
            if let text = found.string { return text == self.value }
            return switch found.kind {
            case .number, .boolean, .null: found.raw.elementsEqual(self.value.utf8)
            case .string, .object, .array: false
            }
        }
    }

    /// The event must have one of these types; empty admits all.
    var types: Set<String> = []
    /// The event must meet all of these.
    var conditions: [Condition] = []

    /// Whether every event passes.
    var isEmpty: Bool { self.types.isEmpty && self.conditions.isEmpty }

    /// Whether an event passes.
    func admits(_ event: Event) -> Bool {
        if !self.types.isEmpty {
            guard let type = event.type, self.types.contains(type) else { return false }
        }
        guard !self.conditions.isEmpty else { return true }
        return event.body.withUnsafeReadableBytes { self.holds(in: $0) }
    }

    /// Whether a body meets all conditions; one that is not a JSON object does not. All conditions are checked in one
    /// pass, since bodies and filters are untrusted and could force deep, repeated scans.
    private func holds(in body: UnsafeRawBufferPointer) -> Bool {
        guard let values = try? JSONPathSearch.values(at: self.conditions.map(\.path), in: body) else { return false }
        return zip(self.conditions, values).allSatisfy { $0.holds(for: $1) }
    }
}
