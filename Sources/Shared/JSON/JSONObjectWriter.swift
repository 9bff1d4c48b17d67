// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Writes one JSON object, member by member, as UTF-8.
public struct JSONObjectWriter {
    private var text: [UInt8] = [UInt8(ascii: "{")]

    /// An object without members.
    public init() {}

    /// Adds a string. Names are ours and not checked for repeats.
    public mutating func member(_ name: StaticString, _ value: some StringProtocol) {
        self.append(name)
        JSONWriter.append(value, to: &self.text)
    }

    /// Adds a number.
    public mutating func member(_ name: StaticString, _ value: some BinaryInteger) {
        self.append(name)
        JSONWriter.append(value, to: &self.text)
    }

    /// Adds `true` or `false`.
    public mutating func member(_ name: StaticString, _ value: Bool) {
        self.append(name)
        self.text.append(contentsOf: (value ? "true" : "false").utf8)
    }

    /// Adds a value that has been written already.
    public mutating func member(_ name: StaticString, json value: [UInt8]) {
        self.append(name)
        self.text.append(contentsOf: value)
    }

    /// The object's bytes.
    public consuming func finish() -> [UInt8] {
        self.text.append(UInt8(ascii: "}"))
        return self.text
    }

    private mutating func append(_ name: StaticString) {
        if self.text.count > 1 { self.text.append(UInt8(ascii: ",")) }
        JSONWriter.append("\(name)", to: &self.text)
        self.text.append(UInt8(ascii: ":"))
    }
}
