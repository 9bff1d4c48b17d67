// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Joins the text of each element into one piece: the decoder takes only the first of several.
///
/// White space beside CDATA is formatting and dropped; any other text beside it is kept. Comments are removed. For
/// documents that `XMLInspection` has accepted.
struct XMLText {
    private enum Piece {
        case plain(ArraySlice<UInt8>)
        case section(ArraySlice<UInt8>)

        var isPlainSpace: Bool {
            if case .plain(let bytes) = self { bytes.allSatisfy(XMLInspection.isSpace) } else { false }
        }

        var isSection: Bool { if case .section = self { true } else { false } }
    }

    private static let sectionStart = Array("<![CDATA[".utf8)
    private static let sectionEnd = Array("]]>".utf8)

    private var rest: ArraySlice<UInt8>
    private var output: [UInt8] = []
    /// Since the last tag.
    private var pieces: [Piece] = []

    /// The same document with its texts in one piece each.
    static func joined(_ document: [UInt8]) -> [UInt8] {
        var text = XMLText(rest: document[...])
        text.run()
        return text.output
    }

    private init(rest: ArraySlice<UInt8>) {
        self.rest = rest
        self.output.reserveCapacity(rest.count)
    }

    private mutating func run() {
        while let first = self.rest.first {
            if first != UInt8(ascii: "<") {
                self.pieces.append(.plain(self.rest.prefix { $0 != UInt8(ascii: "<") }))
                self.rest = self.rest.drop { $0 != UInt8(ascii: "<") }
            } else if self.rest.starts(with: Self.sectionStart) {
                self.rest = self.rest.dropFirst(Self.sectionStart.count)
                self.pieces.append(.section(self.take(before: Self.sectionEnd)))
            } else if self.rest.starts(with: "<!--".utf8) {
                self.rest = self.rest.dropFirst(4)
                _ = self.take(before: Array("-->".utf8))
            } else {
                self.writePieces()
                self.output += self.take(before: [UInt8(ascii: ">")])
                self.output.append(UInt8(ascii: ">"))
            }
        }
        self.writePieces()
    }

    /// Goes over what comes before an end, and over that.
    private mutating func take(before end: [UInt8]) -> ArraySlice<UInt8> {
        let start = self.rest
        while !self.rest.isEmpty, !self.rest.starts(with: end) { self.rest = self.rest.dropFirst() }
        let taken = start[..<self.rest.startIndex]
        self.rest = self.rest.dropFirst(end.count)
        return taken
    }

    private mutating func writePieces() {
        if self.pieces.contains(where: \.isSection) { self.pieces.removeAll(where: \.isPlainSpace) }
        let isOne = self.pieces.count == 1
        for piece in self.pieces {
            switch piece {
            case .plain(let bytes): self.output += bytes
            case .section(let bytes) where isOne: self.output += Self.sectionStart + bytes + Self.sectionEnd
            case .section(let bytes): for byte in bytes { self.writeEscaped(byte) }
            }
        }
        self.pieces.removeAll(keepingCapacity: true)
    }

    private mutating func writeEscaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "&"): self.output += "&amp;".utf8
        case UInt8(ascii: "<"): self.output += "&lt;".utf8
        case UInt8(ascii: ">"): self.output += "&gt;".utf8
        default: self.output.append(byte)
        }
    }
}
