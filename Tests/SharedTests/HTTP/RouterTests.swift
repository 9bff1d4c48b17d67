// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import Testing

@testable import Shared

@Suite struct RouterTests {
    private func request(_ method: HTTPMethod = .GET, _ target: String) throws -> HTTPRequest {
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: target)
        return try #require(HTTPRequest(head: head, body: ByteBuffer(), remoteAddress: nil))
    }

    private func answer(_ router: Router, _ method: HTTPMethod = .GET, _ target: String) throws -> String {
        guard case .response(let response) = router.respond(to: try self.request(method, target)) else { return "" }
        return response.status == .ok ? String(buffer: response.body) : "\(response.status.code)"
    }

    private var router: Router {
        var router = Router()
        func answer(_ text: @escaping (HTTPRequest) -> String) -> Router.Respond {
            { .response(HTTPResponse(contentType: "text/plain", body: ByteBuffer(string: text($0)))) }
        }
        router.on(.GET, "/ws", answer { _ in "plain" })
        router.on(.GET, "/ws/{secret}", answer { $0.parameters["secret"] ?? "" })
        router.on(
            .GET,
            "/ws/{secret}/{token}",
            answer { "\($0.parameters["secret"] ?? "")+\($0.parameters["token"] ?? "")" }
        )
        router.on(.GET, "/webhook/qq", answer { _ in "literal" })
        router.on(.GET, "/webhook/{platform}", answer { _ in "pattern" })
        return router
    }

    /// Parameters are decoded, each on its own; a slash in one is no separator. None is empty.
    @Test(arguments: [
        ("/ws", "plain"), ("/ws/abc", "abc"), ("/ws/a%2Fb", "a/b"), ("/ws/%E7%A7%98", "秘"), ("/ws/a/b", "a+b"),
        ("/ws/a+b", "a+b"), ("/ws/", "404"), ("/ws//b", "404"), ("/ws/%ZZ", "404"), ("/ws/%FF", "404"),
        ("/ws/a/b/c", "404"), ("/WS", "404"), ("/", "404"), ("*", "404"),
    ])
    func parameters(target: String, expected: String) throws {
        #expect(try self.answer(self.router, .GET, target) == expected)
    }

    /// Where only the slash at the end is wrong, the answer says so; it is 404 all the same.
    @Test(arguments: [
        ("/ws/", true), ("/ws/a/", true), ("/webhook/qq/", true), ("/webhook/qq//", false), ("/", false),
        ("/elsewhere/", false), ("/elsewhere", false),
    ])
    func slashAtTheEnd(target: String, isAll: Bool) throws {
        guard case .response(let response) = self.router.respond(to: try self.request(.GET, target)) else {
            Issue.record("it is answered at once")
            return
        }
        #expect(response.status == .notFound)
        #expect(String(buffer: response.body).contains("without the slash at its end") == isAll)
    }

    /// A literal path goes before a pattern.
    @Test func literalsFirst() throws {
        #expect(try self.answer(self.router, .GET, "/webhook/qq") == "literal")
        #expect(try self.answer(self.router, .GET, "/webhook/wechat") == "pattern")
    }

    /// What stands around the routes has every request first, and answers it or passes it on.
    @Test func wrap() throws {
        var router = self.router
        router.wrapRoutes { request, route in
            guard request.path == "/ws/a" || request.path == "/nowhere" else { return route(request) }
            return .response(HTTPResponse(contentType: "text/plain", body: ByteBuffer(string: "wrap")))
        }
        for (target, expected) in [("/ws/a", "wrap"), ("/nowhere", "wrap"), ("/ws/b", "b"), ("/elsewhere", "404")] {
            #expect(try self.answer(router, .GET, target) == expected)
        }
    }

    /// A route for any method takes what no method's own route does, HEAD last.
    @Test func anyMethod() throws {
        var router = self.router
        router.onAny("/any") {
            .response(HTTPResponse(contentType: "a/b", body: ByteBuffer(string: $0.method.rawValue)))
        }
        router.onAny("/ws/{secret}") { _ in
            .response(HTTPResponse(contentType: "a/b", body: ByteBuffer(string: "other")))
        }
        for method in [HTTPMethod.GET, .HEAD, .POST, .PUT, .OPTIONS] {
            #expect(try self.answer(router, method, "/any") == method.rawValue)
        }
        #expect(try self.answer(router, .GET, "/ws/s") == "s")
        #expect(try self.answer(router, .HEAD, "/ws/s") == "s")
        #expect(try self.answer(router, .POST, "/ws/s") == "other")
    }

    /// The absolute form of a target, as proxies send it, means the same as its path (RFC 9112, section 3.2.2).
    @Test(arguments: ["http://host/ws?secret=s", "http://host:8080/ws?secret=s", "/ws?secret=s#fragment"])
    func targets(target: String) throws {
        let request = try self.request(.GET, target)
        #expect(request.path == "/ws")
        #expect(request.query["secret"] == "s")
    }

    @Test func absoluteTargetsWithoutPath() throws {
        #expect(try self.request(.GET, "http://host").path == "/")
        #expect(try self.request(.GET, "http://host?a=b").query["a"] == "b")
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "host:80")
        #expect(HTTPRequest(head: head, body: ByteBuffer(), remoteAddress: nil) == nil)
    }

    /// A prefix takes every method and path below it that no other route takes, and nothing beside it.
    @Test(arguments: [
        (HTTPMethod.GET, "/qq/a/b%2Fc", "/qq/a/b%2Fc"), (.DELETE, "/qq/x", "/qq/x"), (.GET, "/qq/known", "route"),
        (.POST, "/qq/known", "/qq/known"), (.GET, "/qq", "404"), (.GET, "/qqq/", "404"),
    ])
    func prefixes(method: HTTPMethod, path: String, expected: String) throws {
        var router = self.router
        router.onAny(below: "/qq/") { .response(HTTPResponse(contentType: "text/plain", body: .init(string: $0.path))) }
        router.on(.GET, "/qq/known") { _ in
            .response(HTTPResponse(contentType: "text/plain", body: ByteBuffer(string: "route")))
        }
        #expect(try self.answer(router, method, path) == expected)
    }
}

@Suite struct QueryParametersTests {
    /// Values are decoded as forms and the platforms' consoles encode them; the first of a name counts.
    @Test(arguments: [
        ("secret=abc", "abc"), ("a=b&secret=x%2By", "x+y"), ("secret=x+y", "x y"), ("secret=%E7%A7%98%E5%AF%86", "秘密"),
        ("secret=one&secret=two", "one"), ("secret", ""), ("secret=", ""), ("secret=a=b", "a=b"), ("s%65cret=x", "x"),
        ("&&secret=x&", "x"),
    ])
    func values(query: String, value: String) {
        #expect(QueryParameters(encoded: query[...])["secret"] == value)
    }

    @Test(arguments: ["", "secrets=x", "secret=%", "secret=%G0", "secret=%FF"])
    func missing(query: String) {
        #expect(QueryParameters(encoded: query[...])["secret"] == nil)
    }

    /// What is taken out of a query leaves the rest as it was encoded.
    @Test func removing() {
        #expect(QueryParameters(encoded: "a=%41&secret=x&b&s%65cret=y").removing(["secret"]) == "a=%41&b")
        let escaped = "%73%65%63%72%65%74"
        let others = "%73ecre&%73ecrets&x%65cret&%2573ecret&+secret"
        #expect(QueryParameters(encoded: "\(others)&\(escaped)=y").removing(["secret"]) == others)
        #expect(QueryParameters(encoded: "a+b=1&a%20b=2").values(of: "a b") == ["1", "2"])
    }

    /// A character that combines with a separator does not hide it.
    @Test func combiningCharacters() {
        let query = "secret=\u{301}x&\u{301}a=b"
        #expect(QueryParameters(encoded: query[...])["secret"] == "\u{301}x")
        #expect(!QueryParameters(encoded: query[...]).removing(["secret"]).contains("secret"))
    }

    /// Encoding is undone by decoding, whatever the text.
    @Test(arguments: ["", "abc", "a b+c", "秘密", "%/?&=#", "\u{0}\n"])
    func encoding(text: String) {
        let encoded = PercentEncoding.encode(text)
        #expect(PercentEncoding.decode(encoded[...]) == text)
        #expect(QueryParameters(encoded: "a=\(encoded)"[...])["a"] == text)
    }
}

@Suite struct HTTPDateTests {
    /// The example of RFC 9110, section 5.6.7.
    @Test func format() {
        #expect(HTTPDate().text(at: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    }
}

@Suite struct RequestTargetTests {
    /// The path and the query are what stands between the separators, by bytes; a fragment is dropped.
    @Test(arguments: [
        ("/", "/", ""), ("*", "*", ""), ("/a?b=c", "/a", "b=c"), ("/a?b?c#d", "/a", "b?c"), ("/a#b?c", "/a", ""),
        ("http://host/a?b", "/a", "b"), ("http://host", "/", ""), ("http://host?b", "/", "b"),
        ("/a?\u{301}b", "/a", "\u{301}b"),
    ])
    func parts(target: String, path: String, query: String) {
        let parsed = RequestTarget(target)
        #expect(parsed?.path == path)
        #expect(parsed?.query.encoded == query[...])
    }

    /// What is neither a path nor an absolute URI has no parts.
    @Test(arguments: ["", "a/b", "*a", "host:443", "?a=b"])
    func none(target: String) {
        #expect(RequestTarget(target) == nil)
    }

    /// A field that may occur once is found in any case and without white space; a repeated one is told apart.
    @Test func singleFields() {
        let headers: HTTPHeaders = ["A-b": "x \t", "c": "1", "C": "2"]
        #expect(headers.single("a-B") == .value("x"))
        #expect(headers.single("c") == .repeated)
        #expect(headers.single("d") == .missing)
    }

    /// White space is taken off around a value, never within, and need not leave anything.
    @Test(arguments: [
        ("\t x y ", "x y"), (" \t", ""), ("", ""), ("x", "x"), ("x ", "x"), (" x", "x"), ("\u{A0}x\n", "\u{A0}x\n"),
    ])
    func whiteSpace(value: String, text: String) {
        let headers: HTTPHeaders = ["a": value]
        #expect(headers.single("a") == .value(text))
        #expect(headers.single(named: "A") == .value(text))
    }
}
