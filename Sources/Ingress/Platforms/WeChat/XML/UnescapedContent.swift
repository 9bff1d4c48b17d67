// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Repairs user text that WeChat puts unescaped between a field's `<Content><![CDATA[` and `]]></Content>`, even if it
/// contains `]]>`.
///
/// A message has one field of each such name, and nothing before the first is user text: so everything between its
/// start and the last end tag of its name is user text, and cannot forge a field. Only if a message has two texts, such
/// as a link's title and description, may the first end within the second. Fields forged there are not read by the
/// relay in such a message, or occur twice, for which the message is refused.
enum UnescapedContent {
    private struct Field {
        let start: [UInt8]
        let end: [UInt8]

        init(_ name: String) {
            self.start = Array("<\(name)><![CDATA[".utf8)
            self.end = Array("]]></\(name)>".utf8)
        }
    }

    /// The fields whose texts users write, or what they send by a message or a scan.
    private static let fields = ["Content", "Recognition", "Title", "Description", "Label", "Poiname", "ScanResult"]
        .map { Field($0) }
    /// How each field's end begins.
    private static let endStart = Array("]]></".utf8)
    private static let sectionEnd = Array("]]>".utf8)
    /// The same in two sections.
    private static let escapedSectionEnd = Array("]]]]><![CDATA[>".utf8)

    /// The document with each `]]>` of the texts written as XML wants it.
    ///
    /// - Returns: nil where the texts have none, or there are no texts.
    static func escaped(in document: [UInt8]) -> [UInt8]? {
        let ends = self.lastEnds(in: document)
        var escaped: [UInt8] = []
        escaped.reserveCapacity(document.count)
        var isChanged = false
        var position = 0
        while position < document.count {
            guard let (field, end) = self.text(at: position, of: document, ends: ends) else {
                escaped.append(document[position])
                position += 1
                continue
            }
            escaped += field.start
            isChanged = self.escape(document[(position + field.start.count)..<end], into: &escaped) || isChanged
            position = end
        }
        return isChanged ? escaped : nil
    }

    /// The field that begins at a position, and where its text ends; nil where none does.
    private static func text(at position: Int, of document: [UInt8], ends: [Int?]) -> (field: Field, end: Int)? {
        guard document[position] == UInt8(ascii: "<") else { return nil }
        for (field, end) in zip(self.fields, ends) where document[position...].starts(with: field.start) {
            if let end, position + field.start.count <= end { return (field, end) }
        }
        return nil
    }

    /// The last position of each field's end tag. Found in one pass, since anyone can send a document full of start
    /// tags.
    private static func lastEnds(in document: [UInt8]) -> [Int?] {
        var ends = [Int?](repeating: nil, count: self.fields.count)
        for position in document.indices where document[position] == UInt8(ascii: "]") {
            let rest = document[position...]
            guard rest.starts(with: self.endStart) else { continue }
            for (index, field) in self.fields.enumerated() where rest.starts(with: field.end) { ends[index] = position }
        }
        return ends
    }

    /// Escapes a text for a CDATA section.
    ///
    /// - Returns: whether the text changed.
    private static func escape(_ text: ArraySlice<UInt8>, into escaped: inout [UInt8]) -> Bool {
        var text = text
        var isChanged = false
        while let byte = text.first {
            if text.starts(with: self.sectionEnd) {
                escaped += self.escapedSectionEnd
                text = text.dropFirst(self.sectionEnd.count)
                isChanged = true
            } else {
                escaped.append(byte)
                text = text.dropFirst()
            }
        }
        return isChanged
    }
}
