// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Validates a document before it reaches the parser, and accepts only what a plain message needs: elements, text,
/// CDATA and comments, in UTF-8, within limits.
///
/// Refused are a document type, and with it every entity of the document's own, processing instructions, attributes,
/// other encodings, and fields that occur twice and must not. Elements must be properly nested: after an error the
/// parser continues for a while, and might find content that was not validated (XML 1.0, fifth edition).
struct XMLInspection {
    /// The largest document, in bytes. WeChat's messages are of some hundred.
    static let maximumLength = 64 << 10
    /// The deepest nesting; the deepest of WeChat's messages has five levels.
    static let maximumDepth = 8
    /// The most elements.
    static let maximumElements = 512

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    /// The names of the elements that are open, the outermost first.
    private var open: [String] = []
    private var elements = 0
    /// The names below the root so far.
    private var fields: Set<String> = []
    /// Those of them that may stand there only once; nil for all. Others may be repeated: so WeChat writes lists.
    private let once: Set<String>?

    /// Validates a document.
    ///
    /// - Parameters:
    ///   - root: what its outermost element must be called.
    ///   - names: what may stand below that only once; nil for whatever does.
    static func inspect(
        _ bytes: UnsafeRawBufferPointer,
        root: String,
        once names: Set<String>?
    ) throws(XMLViolation) {
        guard bytes.count <= self.maximumLength else { throw .tooLarge }
        guard String(validating: bytes, as: UTF8.self) != nil, !bytes.contains(0) else { throw .notUTF8 }
        let result: Result<Void, XMLViolation> = bytes.withMemoryRebound(to: UInt8.self) { bytes in
            do throws(XMLViolation) {
                var inspection = XMLInspection(bytes: bytes, once: names)
                return .success(try inspection.run(root: root))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    private init(bytes: UnsafeBufferPointer<UInt8>, once names: Set<String>?) {
        self.bytes = bytes
        self.once = names
    }

    private mutating func run(root: String) throws(XMLViolation) {
        if self.skip("<?xml ") { try self.readDeclaration() }
        while self.position < self.bytes.count {
            switch self.bytes[self.position] {
            case UInt8(ascii: "<"): try self.readMarkup(root: root)
            case UInt8(ascii: "&"): try self.readReference()
            case let byte:
                guard !self.open.isEmpty || Self.isSpace(byte) else { throw .malformed }
                self.position += 1
            }
        }
        guard self.open.isEmpty, self.elements > 0 else { throw .malformed }
    }

    /// `<?xml version="1.0" encoding="UTF-8"?>`, behind its beginning.
    private mutating func readDeclaration() throws(XMLViolation) {
        guard let end = self.find("?>") else { throw .malformed }
        // A lenient parser would end it earlier, and find another start inside.
        guard !self.bytes[self.position..<end].contains(where: { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: ">") })
        else { throw .malformed }
        let declaration = String(decoding: self.bytes[self.position..<end], as: UTF8.self).lowercased()
        if let encoding = declaration.firstRange(of: "encoding") {
            let value = declaration[encoding.upperBound...].filter { !" \t\r\n=".contains($0) }
            guard value.dropFirst().hasPrefix("utf-8") else { throw .notUTF8 }
        }
        self.position = end + 2
    }

    private mutating func readMarkup(root: String) throws(XMLViolation) {
        if self.skip("<!--") {
            guard let end = self.find("-->") else { throw .malformed }
            self.position = end + 3
        } else if self.skip("<![CDATA[") {
            guard !self.open.isEmpty, let end = self.find("]]>") else { throw .malformed }
            self.position = end + 3
        } else if self.skip("<!") {
            throw .documentType
        } else if self.skip("<?") {
            throw .processingInstruction
        } else if self.skip("</") {
            try self.readEnd()
        } else {
            self.position += 1
            try self.readElement(root: root)
        }
    }

    /// An element's beginning, behind its angle bracket.
    private mutating func readElement(root: String) throws(XMLViolation) {
        self.elements += 1
        guard self.elements <= Self.maximumElements else { throw .tooManyElements }
        let name = try self.readName()
        switch self.open.count {
        case 0: guard name == root, self.elements == 1 else { throw .wrongRoot }
        case 1:
            let isFirst = self.fields.insert(name).inserted
            guard isFirst || self.once.map({ !$0.contains(name) }) ?? false else { throw .repeatedField }
        default: break
        }
        let isSpaced = self.skipSpace()
        if self.skip("/>") { return }
        guard self.skip(">") else { throw isSpaced ? .attribute : .malformed }
        guard self.open.count < Self.maximumDepth else { throw .tooDeep }
        self.open.append(name)
    }

    /// An element's end, behind its angle bracket and slash.
    private mutating func readEnd() throws(XMLViolation) {
        guard let name = self.open.popLast(), try self.readName() == name else { throw .malformed }
        _ = self.skipSpace()
        guard self.skip(">") else { throw .malformed }
    }

    /// A name, of what WeChat's names are made of.
    private mutating func readName() throws(XMLViolation) -> String {
        let start = self.position
        while let byte = self.peek(), Self.isNameByte(byte) { self.position += 1 }
        guard self.position > start else { throw .malformed }
        return String(decoding: self.bytes[start..<self.position], as: UTF8.self)
    }

    /// `&lt;`, `&gt;`, `&amp;`, `&quot;`, `&apos;` or the number of a character: what XML has of itself.
    private mutating func readReference() throws(XMLViolation) {
        guard let end = self.find(";"), end - self.position <= 10 else { throw .entity }
        let name = self.bytes[(self.position + 1)..<end]
        let isNumber = name.first == UInt8(ascii: "#")
        guard isNumber || ["lt", "gt", "amp", "quot", "apos"].contains(where: { name.elementsEqual($0.utf8) }) else {
            throw .entity
        }
        self.position = end + 1
    }

    // MARK: Bytes

    private func peek() -> UInt8? {
        self.position < self.bytes.count ? self.bytes[self.position] : nil
    }

    /// Skips a text if it comes next.
    private mutating func skip(_ text: StaticString) -> Bool {
        let end = self.position + text.utf8CodeUnitCount
        guard end <= self.bytes.count,
            self.bytes[self.position..<end].elementsEqual(
                UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
            )
        else { return false }
        self.position = end
        return true
    }

    /// Where a text next begins.
    private func find(_ text: StaticString) -> Int? {
        let wanted = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        guard self.bytes.count >= wanted.count, self.position <= self.bytes.count - wanted.count else { return nil }
        return (self.position...(self.bytes.count - wanted.count)).first { start in
            self.bytes[start..<start + wanted.count].elementsEqual(wanted)
        }
    }

    private mutating func skipSpace() -> Bool {
        let start = self.position
        while let byte = self.peek(), Self.isSpace(byte) { self.position += 1 }
        return self.position > start
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): true
        default: false
        }
    }

    static func isSpace(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): true
        default: false
        }
    }
}

/// Why a document is not taken.
package enum XMLViolation: String, Error, CaseIterable {
    case tooLarge = "too_large"
    case notUTF8 = "not_utf8"
    case malformed
    case documentType = "document_type"
    case processingInstruction = "processing_instruction"
    case attribute
    case entity
    case tooDeep = "too_deep"
    case tooManyElements = "too_many_elements"
    case wrongRoot = "wrong_root"
    case repeatedField = "repeated_field"
    case missingField = "missing_field"
}
