// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import SeededRandom
import Testing

@testable import Hookwire

@Suite struct HTTPResponseReaderTests {
    private typealias Response = HTTPResponseReader.Response

    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 15\r\nDate: x\r\n\r\n{\"op\":12,\"d\":0}"
    private static let unavailable = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"
    private static let chunked =
        "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5;name=value\r\nhello\r\n1A\r\n"
        + "abcdefghijklmnopqrstuvwxyz\r\n0\r\nTrailer: x\r\n\r\n"
    private static let noContent = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
    private static let interim = "HTTP/1.1 100 Continue\r\n\r\n"

    /// Reads text in pieces of the given sizes, the last one repeated.
    private func read(_ text: String, pieces: [Int]) throws -> [Response] {
        var reader = HTTPResponseReader()
        var responses: [Response] = []
        var rest = Array(text.utf8)[...]
        var index = 0
        while !rest.isEmpty {
            let piece = rest.prefix(pieces[min(index, pieces.count - 1)])
            rest = rest.dropFirst(piece.count)
            index += 1
            try Array(piece).withUnsafeBytes { bytes in
                try reader.receive(bytes) { responses.append($0) }
            }
        }
        return responses
    }

    /// Responses are found however their bytes are split, all framings mixed on one connection.
    @Test(arguments: [1, 2, 7, 40, 10_000])
    func findsResponsesHoweverSplit(piece: Int) throws {
        let text =
            Self.ok + Self.ok + Self.unavailable + Self.interim + Self.chunked + Self.ok + Self.chunked + Self.noContent
        let responses = try self.read(text, pieces: [piece])
        #expect(responses.map(\.status) == [200, 200, 503, 201, 200, 201, 204])
        #expect(responses.map(\.closes) == [false, false, false, false, false, false, true])
    }

    /// A head that was seen before is only taken for the same if all of it is.
    @Test func doesNotTakeOneHeadForAnother() throws {
        let first = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"
        let second = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nabcdefghijkl"
        let third = "HTTP/1.1 500 No\r\nContent-Length: 1\r\n\r\na"
        let responses = try self.read(first + second + first + third + third, pieces: [10_000])
        #expect(responses.map(\.status) == [200, 200, 200, 500, 500])
    }

    /// A body without a length ends with the connection.
    @Test func endOfConnectionEndsTheBody() throws {
        var reader = HTTPResponseReader()
        try Array("HTTP/1.1 200 OK\r\n\r\nsome".utf8).withUnsafeBytes { bytes in
            try reader.receive(bytes) { _ in Issue.record("the body has not ended") }
        }
        #expect(reader.end() == Response(status: 200, closes: true))
        #expect(reader.end() == nil)
    }

    /// Old servers close unless they say otherwise.
    @Test func knowsHTTP10() throws {
        let responses = try self.read(
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"
                + "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
            pieces: [10_000]
        )
        #expect(responses.map(\.closes) == [false, true])
    }

    /// What is no response is refused, not waited for.
    @Test(arguments: [
        "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", String(repeating: "a", count: 70_000),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + String(repeating: "0", count: 2_000),
    ])
    func refusesOtherThings(text: String) {
        #expect(throws: HTTPResponseReader.Violation.self) { try self.read(text, pieces: [10_000]) }
    }

    /// Whatever the pieces are, the same bytes are the same responses.
    @Test func fuzzedSplits() throws {
        let parts = [Self.ok, Self.unavailable, Self.chunked, Self.interim]
        var random = SeededRandom(for: "HTTPResponseReaderTests.fuzzedSplits")
        for _ in 0..<500 {
            let text = (0..<8).map { _ in parts.randomElement(using: &random) ?? "" }.joined()
            let pieces = (0..<200).map { _ in Int.random(in: 1...60, using: &random) }
            #expect(try self.read(text, pieces: pieces) == self.read(text, pieces: [100_000]), "seed \(random.seed)")
        }
    }
}
