// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Reads and shows what a relay says of dead letters.
enum DeadLetterListing {
    /// One of them.
    struct Letter {
        var number: UInt64
        var group: String
        var attempts: Int64
        var time: String
        var type: String
        /// The first characters of the body, on one line.
        var preview: String
        /// As the relay wrote it, on one line.
        var json: String
    }

    private static let page = JSONMemberNames("dead_letters")
    /// What each has, and what it may have.
    private static let required = JSONMemberNames("number", "group", "attempts", "position", "platform")
    private static let optional = JSONMemberNames("time", "type", "body", "body_base64")
    private static let replayed = JSONMemberNames("position")
    private static let previewLength = 60

    /// The dead letters of a page.
    ///
    /// - Parameter number: of the last one of the page before.
    /// - Returns: nil for what is no such page (docs/openapi.yaml), or does not go on behind the one before.
    static func letters(_ body: ByteBuffer, behind number: UInt64) -> [Letter]? {
        body.withUnsafeReadableBytes { bytes in
            guard let view = try? JSONObjectView(validating: bytes, members: self.page),
                let list = view["dead_letters"], list.kind == .array
            else { return nil }
            var letters: [Letter] = []
            var isPage = true
            list.forEachElement { element in
                if let letter = self.letter(element), letter.number > letters.last?.number ?? number {
                    letters.append(letter)
                } else {
                    isPage = false
                }
                return isPage
            }
            return isPage ? letters : nil
        }
    }

    /// Whether an answer says where a replayed one stands in the log now.
    static func saysPosition(_ body: ByteBuffer) -> Bool {
        body.withUnsafeReadableBytes { bytes in
            let view = try? JSONObjectView(validating: bytes, members: self.replayed)
            return view?["position"]?.string.flatMap { Position($0) } != nil
        }
    }

    private static func letter(_ value: JSONValue) -> Letter? {
        guard let view = try? value.object(members: self.required),
            let more = try? value.object(members: self.optional),
            let number = view["number"]?.integer.flatMap({ UInt64(exactly: $0) }),
            let group = view["group"]?.string, let attempts = view["attempts"]?.integer,
            view["position"]?.string != nil, view["platform"]?.string != nil
        else { return nil }
        return Letter(
            number: number,
            group: group,
            attempts: attempts,
            time: more["time"]?.string ?? "",
            type: more["type"]?.string ?? "-",
            preview: ForeignText.line(
                more["body"]?.string ?? more["body_base64"]?.string ?? "",
                limit: self.previewLength
            ),
            json: ForeignText.json(value.raw)
        )
    }

    /// Lines for a person.
    static func table(_ letters: [Letter]) -> [String] {
        guard !letters.isEmpty else { return ["No dead letters."] }
        return letters.map { letter in
            let words = [
                "\(letter.number)", letter.time, "group \(letter.group)", "\(letter.attempts) attempts", letter.type,
                letter.preview,
            ]
            return words.map { ForeignText.line($0) }.joined(separator: "  ")
        }
    }
}
