// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOHTTP1

/// What a header section says for a name that may occur once.
public enum SingleField: Hashable, Sendable {
    case missing
    /// The value, without white space around it.
    case value(String)
    case repeated
}

extension HTTPHeaders {
    /// The field of a name that may occur once, as text.
    public func single(_ name: StaticString) -> SingleField {
        var text = ""
        return switch RequestFields(self).single(name, { text = String(decoding: $0, as: UTF8.self) }) {
        case .missing: .missing
        case .once: .value(text)
        case .repeated: .repeated
        }
    }

    /// The field of a name that is known only when the node runs, and may occur once.
    public func single(named name: String) -> SingleField {
        let wanted = name.lowercased()
        var found = SingleField.missing
        for field in self where field.name.utf8.count == wanted.utf8.count && field.name.lowercased() == wanted {
            guard case .missing = found else { return .repeated }
            found = .value(field.value.trimmingOptionalWhitespace)
        }
        return found
    }
}

extension String {
    /// Whether this is that field name. Both may be in any case.
    func isFieldName(_ name: StaticString) -> Bool {
        var text = self
        return text.withUTF8 { FieldName.matches(UnsafeRawBufferPointer($0), name) }
    }

    /// Whether this field value is that one word, in any case and with white space around it.
    func isToken(_ token: StaticString) -> Bool {
        self.trimmingOptionalWhitespace.isFieldName(token)
    }

    /// A field's value without the spaces and tabs around it, which are none of it (RFC 9112, section 5.1). The parser
    /// leaves those at the end.
    var trimmingOptionalWhitespace: String {
        guard let last = self.utf8.last, last == 0x20 || last == 0x09 else { return self }
        return String(
            self.prefix(
                upTo: self.utf8.lastIndex { $0 != 0x20 && $0 != 0x09 }.map(self.utf8.index(after:)) ?? self.startIndex
            )
        )
    }
}

extension String {
    /// Whether this is a token, as a field's name is one, and each half of a media type (RFC 9110, section 5.6.2).
    public var isHTTPToken: Bool {
        !self.isEmpty && self.utf8.allSatisfy(ASCIISet.isToken)
    }

    /// Whether this can stand as a field's value: a line break would begin another field, or the body (RFC 9110, section
    /// 5.5).
    public var fitsInField: Bool {
        !self.utf8.contains { $0 == 0x0D || $0 == 0x0A || $0 == 0 }
    }
}
