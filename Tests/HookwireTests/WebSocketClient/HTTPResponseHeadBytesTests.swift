// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Hookwire

@Suite struct HTTPResponseHeadBytesTests {
    private static let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"

    /// A head is found wherever it is split, and what follows it is left.
    @Test(arguments: 1...head.utf8.count)
    func findsTheEnd(first count: Int) {
        let bytes = Array((Self.head + "rest\r\n\r\n").utf8)
        let length = Self.head.utf8.count
        var head = HTTPResponseHeadBytes()
        #expect(head.isEmpty)
        if count < length {
            #expect(bytes[..<count].withUnsafeBytes { head.receive($0) } == .incomplete)
            #expect(!head.isEmpty)
            let progress = bytes[count...].withUnsafeBytes { head.receive($0) }
            #expect(progress == .whole(Array(Self.head.utf8), taken: length - count))
        } else {
            let progress = bytes.withUnsafeBytes { head.receive($0) }
            #expect(progress == .whole(Array(Self.head.utf8), taken: length))
        }
        #expect(head.isEmpty)
    }

    /// A server that never ends its head is not read forever.
    @Test func refusesWhatIsTooLong() {
        var head = HTTPResponseHeadBytes()
        let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: HTTPResponseHeadBytes.limit)
        #expect(bytes.withUnsafeBytes { head.receive($0) } == .incomplete)
        #expect([UInt8(ascii: "a")].withUnsafeBytes { head.receive($0) } == .tooLong)
    }
}
