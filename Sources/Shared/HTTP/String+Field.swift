// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

extension String {
    /// Whether this is that field name, ignoring case.
    func isFieldName(_ name: StaticString) -> Bool {
        var text = self
        return text.withUTF8 { FieldName.matches(UnsafeRawBufferPointer($0), name) }
    }

    /// Whether this field value is that one token, ignoring case and surrounding white space.
    func isToken(_ token: StaticString) -> Bool {
        self.trimmingOptionalWhitespace.isFieldName(token)
    }
}

extension String {
    /// A field's value without the surrounding spaces and tabs, which are not part of it (RFC 9110, section 5.5).
    public var trimmingOptionalWhitespace: String {
        var text = self
        return text.withUTF8 { bytes in
            let trimmed = FieldValue.trimmed(UnsafeRawBufferPointer(bytes))
            return trimmed.count == bytes.count ? self : String(decoding: trimmed, as: UTF8.self)
        }
    }

    /// Whether this is a token, like a field name or each half of a media type (RFC 9110, section 5.6.2).
    public var isHTTPToken: Bool {
        !self.isEmpty && self.utf8.allSatisfy(ASCIISet.isToken)
    }

    /// Whether this is valid as a field value: a line break would begin another field, or the body (RFC 9110, section
    /// 5.5).
    public var fitsInField: Bool {
        !self.utf8.contains { $0 == 0x0D || $0 == 0x0A || $0 == 0 }
    }
}
