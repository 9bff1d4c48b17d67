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
    private static let members = JSONMemberNames("number", "group", "attempts", "time", "type", "body", "body_base64")
    private static let previewLength = 60

    /// The dead letters of a page; what is none is passed over.
    static func letters(_ body: ByteBuffer) -> [Letter] {
        body.withUnsafeReadableBytes { bytes in
            var letters: [Letter] = []
            let view = try? JSONObjectView(validating: bytes, members: self.page)
            view?["dead_letters"]?.forEachElement { element in
                if let letter = self.letter(element) { letters.append(letter) }
                return true
            }
            return letters
        }
    }

    private static func letter(_ value: JSONValue) -> Letter? {
        guard let view = try? value.object(members: self.members),
            let number = view["number"]?.integer.flatMap({ UInt64(exactly: $0) })
        else { return nil }
        return Letter(
            number: number,
            group: view["group"]?.string ?? "",
            attempts: view["attempts"]?.integer ?? 0,
            time: view["time"]?.string ?? "",
            type: view["type"]?.string ?? "-",
            preview: ForeignText.line(
                view["body"]?.string ?? view["body_base64"]?.string ?? "",
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
