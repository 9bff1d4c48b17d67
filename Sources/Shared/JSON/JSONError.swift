// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Why a text is not the expected JSON object, and where.
public struct JSONError: Error, Hashable, Sendable {
    public enum Reason: String, Sendable, CaseIterable {
        /// The text ends inside a value.
        case truncated
        /// The text holds one JSON value, but not an object.
        case notAnObject
        /// Something other than white space follows the value.
        case trailingBytes
        /// A value should begin here.
        case expectedValue
        /// A member's name in quotes should begin here.
        case expectedName
        /// A colon should stand here.
        case expectedColon
        /// A comma or the end of the array or object should stand here.
        case expectedCommaOrEnd
        /// Neither `true`, `false` nor `null`, though it begins like one.
        case invalidLiteral
        /// A number that RFC 8259 (section 6) does not allow, such as `01`, `1.` or `+1`.
        case invalidNumber
        /// A backslash in a string that begins no escape.
        case invalidEscape
        /// A byte below 0x20 in a string, which JSON wants escaped.
        case controlCharacter
        /// Arrays and objects are nested deeper than allowed.
        case tooDeep
        /// A member that was asked for occurs twice, so that two readers could understand the text differently.
        case duplicateMember
        /// The text is longer than 4 GiB.
        case tooLong
    }

    public let reason: Reason
    /// The byte offset of the error.
    public let offset: Int

    public init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

extension JSONError: CustomStringConvertible {
    public var description: String {
        let text =
            switch self.reason {
            case .truncated: "the JSON text ends too early"
            case .notAnObject: "the JSON text is not an object; wrap it in braces"
            case .trailingBytes: "something follows the JSON value; send one value only"
            case .expectedValue: "a JSON value is missing"
            case .expectedName: "a member's name in double quotes is missing"
            case .expectedColon: "a colon is missing after a member's name"
            case .expectedCommaOrEnd: "a comma or a closing bracket is missing"
            case .invalidLiteral: "this is neither true, false nor null"
            case .invalidNumber: "this is no JSON number"
            case .invalidEscape: "this backslash begins no JSON escape"
            case .controlCharacter: "a control character in a string must be escaped"
            case .tooDeep: "arrays and objects are nested too deep"
            case .duplicateMember: "a member occurs twice; send it once"
            case .tooLong: "the JSON text is too long"
            }
        return "\(text) (at byte \(self.offset))"
    }
}
