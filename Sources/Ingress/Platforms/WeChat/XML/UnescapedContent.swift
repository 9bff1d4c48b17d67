// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What a user has written, which WeChat puts between the first `<Content><![CDATA[` and the last `]]></Content>` as it
/// is, a `]]>` within it too.
///
/// A message has one `Content`, and nothing in front of it is the user's: so what stands between is all their text and
/// nothing else, and no text makes a field of its own.
enum UnescapedContent {
    private static let start = Array("<Content><![CDATA[".utf8)
    private static let end = Array("]]></Content>".utf8)
    private static let sectionEnd = Array("]]>".utf8)
    /// The same in two sections.
    private static let escapedSectionEnd = Array("]]]]><![CDATA[>".utf8)

    /// The document with each `]]>` of the text written as XML wants it.
    ///
    /// - Returns: nil where the text has none, or there is no text.
    static func escaped(in document: [UInt8]) -> [UInt8]? {
        guard let first = document.indices.first(where: { document[$0...].starts(with: self.start) }),
            let last = document.indices.last(where: { document[$0...].starts(with: self.end) }),
            first + self.start.count < last
        else { return nil }
        var escaped = Array(document[..<(first + self.start.count)])
        var text = document[(first + self.start.count)..<last]
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
        guard isChanged else { return nil }
        return escaped + document[last...]
    }
}
