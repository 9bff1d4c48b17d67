// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOHTTP1

/// The result of looking up a field that may occur at most once.
public enum SingleField: Hashable, Sendable {
    case missing
    /// The value, without white space around it.
    case value(String)
    case repeated
}

extension HTTPHeaders {
    /// The value of a field that may occur at most once.
    public func single(_ name: StaticString) -> SingleField {
        var text = ""
        return switch RequestFields(self).single(name, { text = String(decoding: $0, as: UTF8.self) }) {
        case .missing: .missing
        case .once: .value(text)
        case .repeated: .repeated
        }
    }

    /// The value of a field, with a name known only at run time, that may occur at most once.
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
