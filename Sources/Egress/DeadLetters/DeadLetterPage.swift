// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Dead letters as JSON: `{"dead_letters":[{"number",…}]}`; docs/openapi.yaml describes it.
enum DeadLetterPage {
    /// The most bytes of a page, unless its first letter alone is larger: a page is encoded in one go.
    static let limit = 512 << 10

    /// The page's bytes: as many letters as fit, at least one; the rest is on later pages.
    static func json(_ letters: [DeadLetter]) -> [UInt8] {
        var json = Array(#"{"dead_letters":["#.utf8)
        for (index, letter) in letters.enumerated() {
            // JSON encoding never shortens a body, so that one that does not fit need not be encoded to see that.
            if index > 0, json.count + letter.entry.event.body.readableBytes > self.limit { break }
            let bytes = self.json(letter)
            if index > 0 {
                guard json.count + bytes.count <= self.limit else { break }
                json.append(UInt8(ascii: ","))
            }
            json += bytes
        }
        json += Array("]}".utf8)
        return json
    }

    private static func json(_ letter: DeadLetter) -> [UInt8] {
        let event = letter.entry.event
        var json = JSONObjectWriter()
        json.member("number", letter.number)
        json.member("group", letter.group.text)
        json.member("attempts", letter.attempts)
        json.member("position", letter.entry.position.description)
        if let time = RFC3339.text(milliseconds: event.receivedAt) { json.member("time", time) }
        json.member("platform", event.platform)
        if let type = event.type { json.member("type", type) }
        if let id = event.id { json.member("id", id) }
        if event.bodyIsUTF8 {
            json.member("body", String(buffer: event.body))
        } else {
            json.member("body_base64", event.body.withUnsafeReadableBytes { Base64.encode($0) })
        }
        return json.finish()
    }
}
