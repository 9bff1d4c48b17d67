// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// The body of an answer as a person reads it; nothing in it moves the cursor.
enum AnswerText {
    private static let members = JSONMemberNames("value")

    /// JSON and flat XML with a line for each member, other text as it is.
    static func pretty(_ body: [UInt8], terminal: Terminal) -> String {
        if self.isJSON(body) {
            return PrettyJSON.lines(ByteBuffer(bytes: body), terminal: terminal).joined(separator: "\n")
        }
        guard let text = String(validating: body, as: UTF8.self) else {
            return "(\(body.count) bytes that are no text)"
        }
        return ForeignText.lines(text.hasPrefix("<xml>") ? self.lines(ofXML: text) : text)
    }

    /// Whether a text is an object or an array of JSON, whole and nothing but it.
    static func isJSON(_ body: [UInt8]) -> Bool {
        // Only an object's reader looks at a whole text.
        let wrapped = Array(#"{"value":"#.utf8) + body + [UInt8(ascii: "}")]
        return wrapped.withUnsafeBytes { bytes in
            guard let object = try? JSONObjectView(validating: bytes, members: self.members) else { return false }
            return [.object, .array].contains(object["value"]?.kind)
        }
    }

    private static func lines(ofXML text: String) -> String {
        let lines = text.replacing("><", with: ">\n<").split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count > 2 else { return text }
        return (["\(lines[0])"] + lines[1..<lines.count - 1].map { "  \($0)" } + ["\(lines[lines.count - 1])"])
            .joined(separator: "\n")
    }
}
