// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Shared
internal import XMLCoder

/// Reads and writes the flat XML that WeChat speaks: fields in one root, `xml`.
package enum XMLMessage {
    private static let root = "xml"

    /// Reads fields, also of what is no document as it stands: with characters that none may have, and with a `]]>` in
    /// the user's text, which WeChat does not escape.
    ///
    /// - Throws: what `XMLInspection` finds; `missingField` where one is not there that must be, `malformed` where the
    ///   parser does not take the document or a field is no text.
    package static func decode<Fields: Decodable>(
        _ type: Fields.Type,
        from bytes: some Collection<UInt8>
    ) throws(XMLViolation) -> Fields {
        let document = XMLCharacters.replacingForbidden(in: bytes)
        do throws(XMLViolation) {
            return try self.read(type, document)
        } catch {
            // Only now: what is a document means what it says.
            guard error != .tooLarge, let escaped = UnescapedContent.escaped(in: document) else { throw error }
            return try self.read(type, escaped)
        }
    }

    private static func read<Fields: Decodable>(
        _ type: Fields.Type,
        _ document: [UInt8]
    ) throws(XMLViolation) -> Fields {
        try self.inspect(document)
        // A field's white space is what somebody wrote.
        let decoder = XMLDecoder(trimValueWhitespaces: false)
        do {
            return try decoder.decode(type, from: Data(XMLText.joined(document)))
        } catch DecodingError.keyNotFound, DecodingError.valueNotFound {
            throw .missingField
        } catch {
            throw .malformed
        }
    }

    /// Looks a document over, as `decode` does before it reads one.
    static func inspect(_ document: [UInt8]) throws(XMLViolation) {
        let result: Result<Void, XMLViolation> = document.withUnsafeBytes { bytes in
            do throws(XMLViolation) {
                return .success(try XMLInspection.inspect(bytes, root: self.root))
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
