// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// A bot's POST as it goes over the wire, complete but for the event's identity, signature and time, which are put in
/// their places: an event costs a copy of its bytes, not an encoding.
struct RequestTemplate: Sendable {
    /// The length of a signature in hexadecimal digits.
    static let signatureLength = 128
    private static let timestampLength = 10

    private let head: [UInt8]
    /// Where in `head` the time and the signature stand; nil where requests carry none.
    private let signature: (timestamp: Int, digits: Int)?

    /// - Parameters:
    ///   - bodyLength: the bytes of a body.
    ///   - isSigned: whether requests carry a QQ signature.
    init(target: LoadTarget, secret: String, bodyLength: Int, isSigned: Bool) {
        var head = """
            POST \(target.path(secret: secret)) HTTP/1.1\r
            Host: \(target.authority)\r
            Content-Type: application/json\r
            User-Agent: QQBot-Callback\r
            X-Bot-Appid: 100000000\r
            Content-Length: \(bodyLength)\r

            """
        if isSigned {
            head += "X-Signature-Method: Ed25519\r\nX-Signature-Timestamp: "
            let timestamp = head.utf8.count
            head += String(repeating: "0", count: Self.timestampLength) + "\r\nX-Signature-Ed25519: "
            self.signature = (timestamp, head.utf8.count)
            head += String(repeating: "0", count: Self.signatureLength) + "\r\n"
        } else {
            self.signature = nil
        }
        self.head = Array((head + "\r\n").utf8)
    }

    /// Appends an event's request.
    ///
    /// - Parameter signature: its digits; empty where requests carry none.
    func write(
        _ identity: EventIdentity,
        layout: EventLayout,
        timestamp: Int,
        signature: ArraySlice<UInt8>,
        to buffer: inout ByteBuffer
    ) {
        let length = self.head.count + layout.byteCount
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { output in
            output.copyBytes(from: self.head)
            if let places = self.signature {
                precondition(signature.count == Self.signatureLength)
                Self.write(timestamp, into: output, at: places.timestamp)
                UnsafeMutableRawBufferPointer(rebasing: output[places.digits...]).copyBytes(from: signature)
            }
            layout.write(identity, into: UnsafeMutableRawBufferPointer(rebasing: output[self.head.count..<length]))
            return length
        }
    }

    private static func write(_ timestamp: Int, into output: UnsafeMutableRawBufferPointer, at offset: Int) {
        var rest = timestamp
        for place in stride(from: offset + self.timestampLength - 1, through: offset, by: -1) {
            output[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }
}
