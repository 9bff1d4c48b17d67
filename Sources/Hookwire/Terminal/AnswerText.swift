// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The body of an answer as a person reads it.
enum AnswerText {
    /// JSON and flat XML with a line for each member, other text as it is; nothing in it moves the cursor.
    static func pretty(_ body: [UInt8], terminal: Terminal = Terminal()) -> String {
        if PrettyJSON.isJSON(body) {
            return PrettyJSON.lines(ByteBuffer(bytes: body), terminal: terminal).joined(separator: "\n")
        }
        guard let text = String(validating: body, as: UTF8.self) else {
            return "(\(body.count) bytes that are no text)"
        }
        return ForeignText.lines(text.hasPrefix("<xml>") ? self.lines(ofXML: text) : text)
    }

    /// The same on one line.
    static func short(_ body: [UInt8]) -> String {
        ForeignText.excerpt(String(decoding: body, as: UTF8.self))
    }

    private static func lines(ofXML text: String) -> String {
        let lines = text.replacing("><", with: ">\n<").split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count > 2 else { return text }
        return (["\(lines[0])"] + lines[1..<lines.count - 1].map { "  \($0)" } + ["\(lines[lines.count - 1])"])
            .joined(separator: "\n")
    }
}
