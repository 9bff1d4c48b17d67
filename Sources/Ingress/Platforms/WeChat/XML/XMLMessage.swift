// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Shared
internal import XMLCoder

/// Reads and writes the flat XML that WeChat speaks: fields in one root, `xml`.
package enum XMLMessage {
    private static let root = "xml"

    /// Reads fields.
    ///
    /// - Throws: what `XMLInspection` finds; `missingField` where one is not there that must be, `malformed` where the
    ///   parser does not take the document or a field is no text.
    package static func decode<Fields: Decodable>(
        _ type: Fields.Type,
        from bytes: some Collection<UInt8>
    ) throws(XMLViolation) -> Fields {
        let document = Array(bytes)
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

    /// Looks a document over, as `decode` does before it reads it.
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
        return String(decoding: bytes, as: UTF8.self).unicodeScalars.allSatisfy(self.isCharacter) ? bytes : nil
    }

    /// XML 1.0, fifth edition, section 2.2.
    private static func isCharacter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x9, 0xA, 0xD, 0x20...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }
}
