// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Which of a channel's events a client wants: those of one of the types, and with every value where it is asked for.
///
/// What is filtered out counts as delivered: it is not missed, and not sent later.
struct EventFilter: Hashable, Sendable {
    /// How many conditions a filter has, at most.
    static let conditionLimit = 8
    /// How many types, at most.
    static let typeLimit = 32

    /// A value that has to stand somewhere in an event's body.
    struct Condition: Hashable, Sendable {
        let path: JSONPath
        /// What has to stand there: a string's text, or how a number, a boolean or null is written.
        let value: String

        init(path: [String], value: String) {
            self.path = JSONPath(path)
            self.value = value
        }

        /// Reads `d.author.id:abc`; nil for what is none. The value may have colons, names may not.
        init?(_ text: String) {
            guard let colon = text.firstIndex(of: ":") else { return nil }
            let path = text[..<colon].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard !path.contains(""), (1...JSONPath.depthLimit).contains(path.count) else { return nil }
            self.init(path: path, value: String(text[text.index(after: colon)...]))
        }

        /// Whether it is the value that has to stand there.
        fileprivate func holds(for found: JSONValue?) -> Bool {
            guard let found else { return false }
            if let text = found.string { return text == self.value }
            return switch found.kind {
            case .number, .boolean, .null: found.raw.elementsEqual(self.value.utf8)
            case .string, .object, .array: false
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
        return event.body.withUnsafeReadableBytes { self.holds(in: $0) }
    }

    /// Whether a body has all the values; what is no JSON object has not. All conditions in one pass: bodies and filters are
    /// anybody's, and so is how often and how deep they look.
    private func holds(in body: UnsafeRawBufferPointer) -> Bool {
        guard let values = try? JSONPathSearch.values(at: self.conditions.map(\.path), in: body) else { return false }
        return zip(self.conditions, values).allSatisfy { $0.holds(for: $1) }
    }
}
