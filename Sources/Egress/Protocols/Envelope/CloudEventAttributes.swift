// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Writes the context attributes of one CloudEvent in JSON (CloudEvents 1.0, JSON format), and leaves the object open for
/// its data.
///
/// Names are ours: lower-case letters and digits, at most twenty. An empty text is left out.
struct CloudEventAttributes {
    /// `{"specversion":"1.0"` and the attributes added so far.
    private(set) var json: [UInt8]

    /// - Parameters:
    ///   - id: with `source` the event's identity; not empty.
    ///   - source: a URI reference.
    init(id: String, source: String, type: String) {
        self.json = Array(#"{"specversion":"1.0""#.utf8)
        self.json.reserveCapacity(1_024)
        self.add("id", id)
        self.add("source", source)
        self.add("type", type)
    }

    /// Adds a text.
    ///
    /// - Returns: whether the text is exact.
    @discardableResult
    mutating func add(_ name: StaticString, _ text: String?) -> Bool {
        guard let text, !text.isEmpty else { return true }
        let attribute = CloudEventText(text)
        self.addName(name)
        JSONWriter.append(attribute.value, to: &self.json)
        return attribute.isExact
    }

    /// Adds a number; CloudEvents integers have 32 bits.
    mutating func add(_ name: StaticString, _ number: Int32) {
        self.addName(name)
        JSONWriter.append(number, to: &self.json)
    }

    /// Adds a truth value.
    mutating func add(_ name: StaticString, _ value: Bool) {
        self.addName(name)
        self.json.append(contentsOf: value ? "true".utf8 : "false".utf8)
    }

    /// Adds a time; one that cannot be written is left out.
    mutating func add(_ name: StaticString, milliseconds: Int64) {
        self.add(name, RFC3339.text(milliseconds: milliseconds))
    }

    /// Adds JSON as a text.
    mutating func add(_ name: StaticString, json: [UInt8]) {
        self.addName(name)
        JSONWriter.append(String(decoding: json, as: UTF8.self), to: &self.json)
    }

    private mutating func addName(_ name: StaticString) {
        self.json.append(contentsOf: #",""#.utf8)
        self.json.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        self.json.append(contentsOf: #"":"#.utf8)
    }
}
