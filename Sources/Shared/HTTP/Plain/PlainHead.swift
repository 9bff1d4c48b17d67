// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The header of a plain request, as nearly all of the platforms' are: `PlainHead.read` accepts a small, unambiguous
/// subset of HTTP/1.1. Everything else goes to the full parser.
///
/// Plain is: `GET` or `POST`, a path of RFC 3986's own characters, HTTP/1.1, one `Host`, at most one `Content-Length` of
/// digits, and no other field that affects framing or upgrades the connection, except for a WebSocket handshake:
/// `GET` without a body, `Upgrade: websocket` and its `Connection` field (RFC 6455, section 4.1). All offsets count
/// from the header's first byte.
struct PlainHead: Equatable {
    /// The largest plain header, in bytes and in fields. Larger ones go to the full parser, which enforces its own
    /// limits.
    enum Limit {
        static let bytes = 4096
        static let fields = 64
        static let lengthDigits = 9
    }

    enum Method: Equatable {
        case get
        case post
    }

    enum Outcome: Equatable {
        /// It may still become a plain header.
        case incomplete
        case notPlain
        case complete(PlainHead)
    }

    var method: Method
    var target: Range<Int>
    /// All fields' lines with their line ends, without the empty line.
    var fieldLines: Range<Int>
    /// The places of names and values, from the start of `fieldLines`.
    var marks: [FieldMark]
    /// How long the body is, in bytes.
    var contentLength: Int
    /// Whether it is a WebSocket's handshake. If it is answered with anything but an upgrade, the connection closes, as
    /// with llhttp.
    var isHandshake: Bool
    /// How many bytes the header takes, the empty line included.
    var byteCount: Int

    /// Parses a header at the start of the bytes received so far.
    static func read(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        var reader = PlainHeadReader(bytes)
        return reader.read()
    }
}

/// Where a field's name and value stand.
struct FieldMark: Equatable, Sendable {
    var nameStart: UInt16
    var nameLength: UInt16
    var valueStart: UInt16
    var valueLength: UInt16

    var name: Range<Int> { Int(self.nameStart)..<Int(self.nameStart) + Int(self.nameLength) }
    var value: Range<Int> { Int(self.valueStart)..<Int(self.valueStart) + Int(self.valueLength) }
}
