// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// JSON with a line for each member, in the order in which it came.
enum PrettyJSON {
    private static let members = JSONMemberNames("op")

    /// The text of an object; nil where the bytes are none.
    static func format(_ bytes: [UInt8]) -> String? {
        bytes.withUnsafeBytes { bytes in
            // Only an object's reader looks at the whole text; what it then walks over is valid.
            let wrapped = Array(#"{"op":"#.utf8) + bytes + [UInt8(ascii: "}")]
            return wrapped.withUnsafeBytes { wrapped -> String? in
                guard let value = (try? JSONObjectView(validating: wrapped, members: self.members))?["op"],
                    value.kind == .object || value.kind == .array
                else { return nil }
                var output = ""
                self.append(value, indentation: 0, to: &output)
                return output
            }
        }
    }

    private static func append(_ value: JSONValue, indentation: Int, to output: inout String) {
        let isObject = value.kind == .object
        guard isObject || value.kind == .array else {
            output += String(decoding: value.raw, as: UTF8.self)
            return
        }
        output += isObject ? "{" : "["
        let start = output.utf8.count
        func begin() {
            output += (output.utf8.count == start ? "\n" : ",\n") + String(repeating: "  ", count: indentation + 1)
        }
        value.forEachMember { name, member in
            begin()
            output += "\(name.asJSON): "
            self.append(member, indentation: indentation + 1, to: &output)
            return true
        }
        value.forEachElement { element in
            begin()
            self.append(element, indentation: indentation + 1, to: &output)
            return true
        }
        if output.utf8.count > start { output += "\n" + String(repeating: "  ", count: indentation) }
        output += isObject ? "}" : "]"
    }
}
