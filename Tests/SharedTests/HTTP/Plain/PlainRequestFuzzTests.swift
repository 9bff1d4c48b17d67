// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import NIOHTTP1
import SeededRandom
import Testing

@testable import Shared

/// Two readers of requests must never tell two stories of one connection: what the plain one takes, the full parser
/// takes too, and for the same.
@Suite struct PlainRequestFuzzTests {
    /// What a route saw, and so what a webhook would have.
    ///
    /// - Parameter loop: where what has a query is answered later.
    private static func telling(_ loop: EmbeddedEventLoop) -> Router {
        var router = Router()
        router.onAny(below: "/") { request in
            var text = "\(request.method) \(request.path) \(request.query.encoded) \(request.version)"
            for (name, value) in request.headers { text += "|\(name)=\(value)" }
            var body = ByteBuffer(string: "<" + text + ">")
            body.writeImmutableBuffer(request.body)
            let reply = HTTPReply.response(HTTPResponse(contentType: "text/plain", body: body))
            return request.query["late"] == nil ? reply : .eventually(loop.submit { reply })
        }
        return router
    }

    /// Any stream of requests, whole, damaged and split anywhere, has the same answers with and without the plain reader.
    @Test func sameAnswers() throws {
        var random = SeededRandom(for: "PlainRequestFuzzTests.sameAnswers")
        var answered = 0
        for round in 0..<1_500 {
            var limits = HTTPLimits()
            limits.body = 300
            if round % 7 == 0 { limits.headerList = 220 }
            let bytes = Self.stream(&random)
            let pieces = Self.split(bytes, &random)
            let plain = try HTTPConnection(limits: limits) { Self.telling($0) }
            let parsed = try HTTPConnection(parsing: limits) { Self.telling($0) }
            for piece in pieces {
                for connection in [plain, parsed] {
                    // An error behind the answer to an error is of no interest.
                    _ = try? connection.channel.writeInbound(ByteBuffer(bytes: piece))
                }
                if Bool.random(using: &random) {
                    for connection in [plain, parsed] { connection.channel.embeddedEventLoop.run() }
                }
            }
            if Bool.random(using: &random) {
                for connection in [plain, parsed] {
                    connection.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
                }
            }
            for connection in [plain, parsed] { connection.channel.embeddedEventLoop.run() }
            let answers = (try Self.answers(plain), try Self.answers(parsed))
            #expect(answers.0 == answers.1, "\(String(decoding: bytes, as: UTF8.self).debugDescription)")
            answered += answers.0.split(separator: "HTTP/1.1 200 OK").count - 1
            for connection in [plain, parsed] { _ = try? connection.channel.finish(acceptAlreadyClosed: true) }
        }
        // Most of what is sent is well-formed, or nothing would be compared.
        #expect(answered > 500)
    }

    private static func answers(_ connection: HTTPConnection) throws -> String {
        try connection.answers().split(separator: "\r\n", omittingEmptySubsequences: false)
            .filter { !$0.hasPrefix("Date: ") }.joined(separator: "\r\n")
    }

    private static func split(_ bytes: [UInt8], _ random: inout SeededRandom) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var rest = bytes[...]
        let longest = [1, 8, 100, 10_000].randomElement(using: &random) ?? 1
        while !rest.isEmpty {
            let count = Int.random(in: 1...longest, using: &random)
            pieces.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return pieces
    }

    private static func stream(_ random: inout SeededRandom) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...4, using: &random) { bytes += self.request(&random) }
        // Half of the streams are damaged in a place or two.
        for _ in 0..<Int.random(in: -2...2, using: &random).clamped {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[index] = Array("\r\n\t :\0\u{7F}#,".utf8).randomElement(using: &random) ?? 0
            case 1: bytes.remove(at: index)
            default: bytes.insert(.random(in: .min ... .max, using: &random), at: index)
            }
        }
        return bytes
    }

    private static func request(_ random: inout SeededRandom) -> [UInt8] {
        func pick(_ usual: String, _ others: [String]) -> String {
            Int.random(in: 0..<12, using: &random) == 0 ? others.randomElement(using: &random) ?? usual : usual
        }
        let body = String(repeating: "b", count: Int.random(in: 0...20, using: &random))
        let method = pick(Bool.random(using: &random) ? "POST" : "GET", ["PUT", "HEAD", "OPTIONS", "get", "CONNECT"])
        let target = pick(
            "/a/b?x=1&y=%20",
            ["/?late", "/?late", "*", "/", "//", "/a#b", "http://h/x?y", "/ä", "a", "/?", "/{}|", "/a b"]
        )
        var lines = ["\(method) \(target) \(pick("HTTP/1.1", ["HTTP/1.0", "HTTP/1.2", "http/1.1", "HTTP/2.0"]))"]
        lines.append(
            pick("Host: a", ["host:a", "Host: a\r\nHost: b", "X: y", "Host :a", "HOST:\t a \t", "Host: a@b"])
        )
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            lines.append(
                pick(
                    "X-Field: some value, with words",
                    [
                        "X:", "X:  \t", "X: a\t b \t", "Connection: close", "Connection: keep-alive", "Connection: x",
                        "connection: Keep-Alive , x", "Upgrade: websocket", "Connection: Upgrade",
                        "Connection: Upgrade\r\nUpgrade: websocket",
                        "Expect: 100-continue", "X: \u{E9}",
                        "Transfer-Encoding: chunked", "Trailer: x", "Proxy-Connection: close", " folded", "X\r: y",
                        "Keep-Alive: timeout=5", "Content-Length: 3", "Content-Length: 4\r\ncontent-length: 4",
                        "X: " + String(repeating: "v", count: 250),
                    ]
                )
            )
        }
        if method != "GET" || Bool.random(using: &random) {
            lines.append(
                "Content-Length:"
                    + pick(" \(body.count)", ["\(body.count) ", " 999", " 0\(body.count)", " +1", " -1", "", " 1 1"])
            )
            return Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
        }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }
}

extension Int {
    fileprivate var clamped: Int { Swift.max(0, self) }
}
