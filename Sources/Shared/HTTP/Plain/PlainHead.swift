// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The header of a plain request, as platforms send nearly all of theirs: what `PlainHead.read` takes is a small part of
/// HTTP/1.1 that leaves no room for two opinions. Whatever else comes is the full parser's.
///
/// Plain is: `GET` or `POST`, a path of RFC 3986's own characters, HTTP/1.1, one `Host`, at most one `Content-Length` of
/// digits, and no field that frames a message or turns a connection into something else, but for a WebSocket's handshake:
/// `GET` without a body, `Upgrade: websocket` and the `Connection` that goes with it (RFC 6455, section 4.1). All offsets
/// count from the header's first byte.
struct PlainHead: Equatable {
    /// What can be plain, in bytes and in fields. Larger headers are the full parser's, and so are its limits.
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
        /// It may become a plain header.
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
    /// Whether it is a WebSocket's handshake. Where it is answered otherwise, the connection ends, as behind llhttp.
    var isHandshake: Bool
    /// How many bytes the header takes, the empty line included.
    var byteCount: Int

    /// Reads a header from the start of what has come so far.
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
