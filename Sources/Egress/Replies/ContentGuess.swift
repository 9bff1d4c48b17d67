// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Guesses the content type of a bot's text: a raw socket's frames do not declare it.
enum ContentGuess: Equatable {
    /// A JSON object or array.
    case json
    /// It begins like XML and ends like it.
    case xml
    case plain

    /// Looks at a text, white space around it aside. A text that is a JSON string or number is a text.
    init(_ bytes: ByteBuffer) {
        let view = bytes.readableBytesView
        let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        guard let start = view.firstIndex(where: { !isSpace($0) }), let end = view.lastIndex(where: { !isSpace($0) })
        else {
            self = .plain
            return
        }
        switch view[start] {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            self = JSONText.kind(of: bytes) == .container ? .json : .plain
        case UInt8(ascii: "<"):
            let isTag = end > start + 1 && Self.beginsTag(view[view.index(after: start)])
            self = isTag && view[end] == UInt8(ascii: ">") ? .xml : .plain
        default:
            self = .plain
        }
    }

    /// `<name`, `<?xml`, `<!DOCTYPE`, and no `<3`.
    private static func beginsTag(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "?"),
            UInt8(ascii: "!"), UInt8(ascii: "_"), 0x80...:
            true
        default:
            false
        }
    }

    /// The value of `Content-Type`.
    var contentType: String {
        switch self {
        case .json: "application/json"
        case .xml: "application/xml; charset=utf-8"
        case .plain: "text/plain; charset=utf-8"
        }
    }
}
