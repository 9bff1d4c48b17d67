// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// JSON for a person: a member per line, with colours where there are any.
struct PrettyJSON {
    private let terminal: Terminal
    private var lines: [String] = []
    private var line = ""
    private var depth = 0

    /// The lines of a JSON text.
    ///
    /// - Precondition: it is one; what is not comes out as some other text.
    static func lines(_ text: ByteBuffer, terminal: Terminal) -> [String] {
        var pretty = PrettyJSON(terminal: terminal)
        pretty.write(Array(ForeignText.json(text.readableBytesView).utf8))
        return pretty.lines
    }

    private init(terminal: Terminal) {
        self.terminal = terminal
    }

    private mutating func write(_ bytes: [UInt8]) {
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: " "):
                index += 1
            case UInt8(ascii: "\""):
                let end = Self.endOfString(in: bytes, from: index)
                let text = String(decoding: bytes[index..<end], as: UTF8.self)
                let next = bytes[end...].first { $0 != UInt8(ascii: " ") }
                self.line += self.terminal.paint(text, next == UInt8(ascii: ":") ? .cyan : .green)
                index = end
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                self.line.append(Character(Unicode.Scalar(byte)))
                let next = bytes[(index + 1)...].first { $0 != UInt8(ascii: " ") }
                self.depth += 1
                if next != byte + 2 { self.breakLine() }
                index += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                self.depth -= 1
                let previous = bytes[..<index].last { $0 != UInt8(ascii: " ") }
                if previous != byte - 2 { self.breakLine() }
                self.line.append(Character(Unicode.Scalar(byte)))
                index += 1
            case UInt8(ascii: ","):
                self.line.append(",")
                self.breakLine()
                index += 1
            case UInt8(ascii: ":"):
                self.line.append(": ")
                index += 1
            default:
                let end = bytes[index...].firstIndex { " ,]}".utf8.contains($0) } ?? bytes.endIndex
                self.line += self.terminal.paint(String(decoding: bytes[index..<end], as: UTF8.self), .yellow)
                index = max(end, index + 1)
            }
        }
        self.lines.append(self.line)
    }

    private mutating func breakLine() {
        self.lines.append(self.line)
        self.line = String(repeating: "  ", count: max(self.depth, 0))
    }

    private static func endOfString(in bytes: [UInt8], from start: Int) -> Int {
        var index = start + 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index + 1, bytes.count)
    }
}
