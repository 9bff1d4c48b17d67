// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Which event it is: the bot's number and the event's number for that bot, both from 0.
struct EventIdentity: Hashable, Sendable {
    var secret: Int
    var sequence: Int
}

/// The body of every event of a run: a QQ group message of a fixed size, equal in every byte but its identity, which
/// stands in it twice at fixed places. So a receiver finds the identity without JSON and can compare all other bytes.
struct EventLayout: Sendable {
    /// The most bots and the most events of a bot that an identity can tell apart.
    static let secretLimit = 1 << 24
    static let sequenceLimit = 1 << 32

    private static let secretDigits = 6
    private static let sequenceDigits = 8
    /// `00002a-00000007`
    private static let identityLength = Self.secretDigits + 1 + Self.sequenceDigits

    private let template: [UInt8]
    private let firstIdentity: Int
    private let secondIdentity: Int

    /// The bytes of a body.
    var byteCount: Int { self.template.count }

    /// - Parameters:
    ///   - run: the run's name, ASCII letters and digits; it makes the ids unique among runs.
    ///   - byteCount: the bytes of a body, at least `minimumByteCount(run:)`.
    init(run: String, byteCount: Int) {
        let head = #"{"op":0,"id":"GROUP_AT_MESSAGE_CREATE:\#(run)-"#
        let tail = #""}}"#
        let blank = String(repeating: "0", count: Self.identityLength)
        let middle = Self.middle(run: run)
        let padding =
            byteCount - head.utf8.count - tail.utf8.count - middle.before.utf8.count
            - middle.after.utf8.count - 2 * Self.identityLength
        precondition(padding >= 0, "the body is too small for its fixed parts")
        let text = Array("The quick brown fox jumps over the lazy dog. ".utf8)
        let content = (0..<padding).map { text[$0 % text.count] }

        var template = Array(head.utf8)
        self.firstIdentity = template.count
        template += Array(blank.utf8) + Array(middle.before.utf8) + content + Array(middle.after.utf8)
        self.secondIdentity = template.count
        template += Array(blank.utf8) + Array(tail.utf8)
        self.template = template
    }

    /// The smallest body that has room for its fixed parts.
    static func minimumByteCount(run: String) -> Int {
        let middle = self.middle(run: run)
        return #"{"op":0,"id":"GROUP_AT_MESSAGE_CREATE:\#(run)-"#.utf8.count + #""}}"#.utf8.count
            + middle.before.utf8.count + middle.after.utf8.count + 2 * self.identityLength
    }

    private static func middle(run: String) -> (before: String, after: String) {
        (
            #"","t":"GROUP_AT_MESSAGE_CREATE","d":{"author":{"id":"0A1B2C3D","member_openid":"0A1B2C3D"},"#
                + #""group_id":"4E5F6A7B","group_openid":"4E5F6A7B","content":""#,
            #"","id":"ROBOT1.0_\#(run)-"#
        )
    }

    /// Writes an event's body.
    ///
    /// - Precondition: `output` has `byteCount` bytes.
    func write(_ identity: EventIdentity, into output: UnsafeMutableRawBufferPointer) {
        precondition(output.count == self.template.count)
        output.copyBytes(from: self.template)
        Self.write(identity, into: output, at: self.firstIdentity)
        Self.write(identity, into: output, at: self.secondIdentity)
    }

    /// An event's body.
    func body(of identity: EventIdentity) -> [UInt8] {
        var body = self.template
        body.withUnsafeMutableBytes { bytes in
            Self.write(identity, into: bytes, at: self.firstIdentity)
            Self.write(identity, into: bytes, at: self.secondIdentity)
        }
        return body
    }

    /// Which event a body is.
    ///
    /// - Returns: nil unless every byte is as it was sent.
    func read(_ body: UnsafeRawBufferPointer) -> EventIdentity? {
        guard let received = body.baseAddress, body.count == self.template.count else { return nil }
        return self.template.withUnsafeBytes { template in
            guard let expected = template.baseAddress else { return nil }
            let first = self.firstIdentity
            let second = self.secondIdentity
            let afterFirst = first + Self.identityLength
            let afterSecond = second + Self.identityLength
            guard memcmp(received, expected, first) == 0,
                memcmp(received + afterFirst, expected + afterFirst, second - afterFirst) == 0,
                memcmp(received + afterSecond, expected + afterSecond, template.count - afterSecond) == 0,
                memcmp(received + first, received + second, Self.identityLength) == 0,
                body[first + Self.secretDigits] == UInt8(ascii: "-"),
                let secret = Self.number(body, at: first, digits: Self.secretDigits),
                let sequence = Self.number(body, at: first + Self.secretDigits + 1, digits: Self.sequenceDigits)
            else { return nil }
            return EventIdentity(secret: secret, sequence: sequence)
        }
    }

    private static func write(_ identity: EventIdentity, into output: UnsafeMutableRawBufferPointer, at offset: Int) {
        self.write(identity.secret, digits: self.secretDigits, into: output, at: offset)
        output[offset + self.secretDigits] = UInt8(ascii: "-")
        self.write(identity.sequence, digits: self.sequenceDigits, into: output, at: offset + self.secretDigits + 1)
    }

    private static func write(
        _ number: Int,
        digits: Int,
        into output: UnsafeMutableRawBufferPointer,
        at offset: Int
    ) {
        var rest = number
        for place in stride(from: offset + digits - 1, through: offset, by: -1) {
            let digit = UInt8(truncatingIfNeeded: rest & 15)
            output[place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
            rest >>= 4
        }
    }

    /// Lower-case hexadecimal digits only: what was sent.
    private static func number(_ bytes: UnsafeRawBufferPointer, at offset: Int, digits: Int) -> Int? {
        var number = 0
        for place in offset..<offset + digits {
            let decimal = bytes[place] &- UInt8(ascii: "0")
            let letter = bytes[place] &- UInt8(ascii: "a")
            guard decimal < 10 || letter < 6 else { return nil }
            number = number << 4 | Int(decimal < 10 ? decimal : letter + 10)
        }
        return number
    }
}
