// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// The JSON object that a request to the API carries, of at most 64 KiB. What it does not know it refuses: a misspelt
/// member would be taken for one that is not set.
struct AdminBody: Sendable {
    private static let limit = 64 << 10
    private static let depth = 4

    private indirect enum Value {
        case text(String)
        case number(Int64)
        case truth(Bool)
        case texts([String])
        case object(AdminBody)
        case null
        case other
    }

    private var values: [String: Value] = [:]
    /// What stands before a member's name in errors: `limits.`.
    private let prefix: String

    /// Reads a body.
    ///
    /// - Parameter members: the names that it may have.
    init(_ body: ByteBuffer, members: [String]) throws(BotStoreError) {
        guard body.readableBytes <= Self.limit else {
            throw BotStoreError(.bodyTooLarge, "The body is larger than 64 KiB.")
        }
        // Neither a secret nor a token may turn into another one.
        guard UTF8Validation.isValid(body) else {
            throw BotStoreError(.invalid, "The body must be UTF-8.")
        }
        let parsed = body.withUnsafeReadableBytes { bytes -> Result<AdminBody, BotStoreError> in
            do throws(JSONError) {
                let value = try JSONValue(validating: bytes, maximumDepth: Self.depth)
                guard value.isObject else { throw JSONError(.notAnObject, at: 0) }
                return Result { () throws(BotStoreError) in try AdminBody(value, members: members, prefix: "") }
            } catch {
                return .failure(BotStoreError(.invalid, "The body must be a JSON object: \(error)."))
            }
        }
        self = try parsed.get()
    }

    private init(_ object: JSONValue, members: [String], prefix: String) throws(BotStoreError) {
        self.prefix = prefix
        var fault: BotStoreError?
        var values: [String: Value] = [:]
        object.forEachMember { name, value in
            do throws(BotStoreError) {
                guard members.contains(name) else {
                    let subject = BotRule.isWord(name) ? " \"\(prefix)\(name)\"" : " of such a name"
                    throw BotStoreError(
                        .invalid,
                        "There is no member\(subject) here. There are: "
                            + members.joined(separator: ", ") + "."
                    )
                }
                guard values[name] == nil else {
                    throw BotStoreError(.invalid, "A member stands there twice: \(prefix)\(name).")
                }
                values[name] = try Self.value(value, name: prefix + name)
                return true
            } catch {
                fault = error
                return false
            }
        }
        if let fault { throw fault }
        self.values = values
    }

    private static func value(_ value: JSONValue, name: String) throws(BotStoreError) -> Value {
        switch value.kind {
        case .null: return .null
        case .string: return try self.text(value, name: name).map { .text($0) } ?? .other
        case .boolean: return value.boolean.map { .truth($0) } ?? .other
        case .number: return value.integer.map { .number($0) } ?? .other
        case .object:
            let members = BotBody.inner(name)
            return members.isEmpty ? .other : .object(try AdminBody(value, members: members, prefix: name + "."))
        case .array:
            var texts: [String] = []
            var isText = true
            var fault: BotStoreError?
            value.forEachElement { element in
                do throws(BotStoreError) {
                    if let text = try self.text(element, name: name) { texts.append(text) } else { isText = false }
                } catch {
                    fault = error
                }
                return isText && fault == nil
            }
            if let fault { throw fault }
            return isText ? .texts(texts) : .other
        }
    }

    private static func text(_ value: JSONValue, name: String) throws(BotStoreError) -> String? {
        guard !value.hasLoneSurrogate else {
            throw BotStoreError(.invalid, "\"\(name)\" has half of a surrogate pair, which is no character.")
        }
        return value.string
    }

    // MARK: What it says

    /// Whether a member is there to take away what is set.
    func takesAway(_ name: String) -> Bool {
        if case .null = self.values[name] { true } else { false }
    }

    func text(_ name: String) throws(BotStoreError) -> String? {
        switch self.values[name] {
        case nil, .null: nil
        case .text(let text): text
        default: throw self.wrong(name, "a string")
        }
    }

    func truth(_ name: String) throws(BotStoreError) -> Bool? {
        switch self.values[name] {
        case nil: nil
        case .truth(let truth): truth
        default: throw self.wrong(name, "true or false")
        }
    }

    func number(_ name: String, in range: ClosedRange<Int>) throws(BotStoreError) -> Int? {
        switch self.values[name] {
        case nil, .null: nil
        case .number(let number) where range.contains(Int(number)): Int(number)
        default: throw self.wrong(name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
    }

    func texts(_ name: String) throws(BotStoreError) -> [String]? {
        switch self.values[name] {
        case nil, .null: nil
        case .texts(let texts): texts
        default: throw self.wrong(name, "an array of strings")
        }
    }

    func object(_ name: String) throws(BotStoreError) -> AdminBody? {
        switch self.values[name] {
        case nil, .null: nil
        case .object(let object): object
        default: throw self.wrong(name, "an object")
        }
    }

    /// A text that must be there.
    func need(_ name: String) throws(BotStoreError) -> String {
        guard let text = try self.text(name) else {
            throw BotStoreError(.invalid, "\"\(self.prefix)\(name)\" is missing.")
        }
        return text
    }

    /// The error of a member that breaks a rule of the registry's; the sentence follows the name.
    func fault(_ name: String, _ sentence: String) -> BotStoreError {
        BotStoreError(.invalid, "\"\(self.prefix)\(name)\" \(sentence)")
    }

    /// The error of a member that is not what it must be. It does not repeat the value, which may be a secret.
    func wrong(_ name: String, _ expectation: String) -> BotStoreError {
        BotStoreError(.invalid, "\"\(self.prefix)\(name)\" must be \(expectation).")
    }
}
