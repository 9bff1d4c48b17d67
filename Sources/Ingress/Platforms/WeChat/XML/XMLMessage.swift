// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Shared
internal import XMLCoder

/// Reads and writes the flat XML that WeChat speaks: fields in one root, `xml`.
package enum XMLMessage {
    private static let root = "xml"

    /// Decodes fields, even of a malformed document: one with forbidden characters, or with an unescaped `]]>` in the
    /// user's text.
    ///
    /// - Parameter names: the fields that may occur only once, those that are read among them; nil for all.
    /// - Throws: what `XMLInspection` finds; `missingField` if a required one is missing, `malformed` if the parser
    ///   rejects the document or a field is not text.
    package static func decode<Fields: Decodable>(
        _ type: Fields.Type,
        from bytes: some Collection<UInt8>,
        once names: Set<String>? = nil
    ) throws(XMLViolation) -> Fields {
        let document = XMLCharacters.replacingForbidden(in: bytes)
        do throws(XMLViolation) {
            return try self.read(type, document, once: names)
        } catch {
            // Only after the first attempt: a well-formed document is taken literally.
            guard error != .tooLarge, let escaped = UnescapedContent.escaped(in: document) else { throw error }
            return try self.read(type, escaped, once: names)
        }
    }

    private static func read<Fields: Decodable>(
        _ type: Fields.Type,
        _ document: [UInt8],
        once names: Set<String>?
    ) throws(XMLViolation) -> Fields {
        try self.inspect(document, once: names)
        // A field's white space is part of the user's text.
        let decoder = XMLDecoder(trimValueWhitespaces: false)
        do {
            return try decoder.decode(type, from: Data(XMLText.joined(document)))
        } catch DecodingError.keyNotFound, DecodingError.valueNotFound {
            throw .missingField
        } catch {
            throw .malformed
        }
    }

    /// Validates a document, as `decode` does before it reads one.
    ///
    /// - Parameter names: the fields that may occur only once; nil for all.
    static func inspect(_ document: [UInt8], once names: Set<String>? = nil) throws(XMLViolation) {
        let result: Result<Void, XMLViolation> = document.withUnsafeBytes { bytes in
            do throws(XMLViolation) {
                return .success(try XMLInspection.inspect(bytes, root: self.root, once: names))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Writes fields.
    ///
    /// - Returns: nil where a field has a character that XML 1.0 has no way to write.
    package static func encode(_ fields: some Encodable) -> [UInt8]? {
        guard let document = try? XMLEncoder().encode(fields, withRootKey: self.root) else { return nil }
        let bytes = [UInt8](document)
        return String(decoding: bytes, as: UTF8.self).unicodeScalars.allSatisfy(XMLCharacters.isAllowed) ? bytes : nil
    }
}
