// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Shared

/// The memory of what came.
@Suite struct PlainRequestReaderTests {
    private static func request(_ body: String) -> [UInt8] {
        Array("POST /webhook?secret=s HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
    }

    /// A client whose packets end within its requests keeps no more than that of them.
    @Test func packetsAcrossRequests() throws {
        var reader = PlainRequestReader(limits: HTTPLimits())
        let body = String(repeating: "x", count: 10_000)
        let request = Self.request(body)
        var bodies = 0
        reader.append(ByteBuffer(bytes: request.prefix(1)))
        for _ in 0..<500 {
            reader.append(ByteBuffer(bytes: request.dropFirst() + request.prefix(1)))
            while case .request(let taken) = reader.next() {
                bodies += 1
                #expect(String(buffer: taken.body) == body)
            }
        }
        #expect(bodies == 500)
        #expect(reader.takeRest().storageCapacity < 4 * request.count)
    }

    /// A request that came with others has memory of its own: whoever keeps its body does not keep theirs.
    @Test func packetsOfRequests() throws {
        var reader = PlainRequestReader(limits: HTTPLimits())
        reader.append(ByteBuffer(bytes: (0..<500).flatMap { Self.request("body \($0)") }))
        for number in 0..<500 {
            guard case .request(let taken) = reader.next() else {
                Issue.record("there is no request \(number)")
                return
            }
            #expect(String(buffer: taken.body) == "body \(number)")
            #expect(taken.body.storageCapacity < 1_024)
        }
    }
}
