// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import Egress

/// What a client's frame asks for, or what is wrong with it.
@Suite struct EnvelopeRequestTests {
    private static func read(_ text: String) -> (ref: String?, request: Result<EnvelopeRequest, EnvelopeFault>) {
        EnvelopeRequest.read(ByteBuffer(string: text))
    }

    private static func response(
        _ status: Int,
        _ fields: [(String, String)] = [],
        _ body: String = ""
    ) -> EnvelopeRequest {
        let headers = fields.map { Reply.Field(name: $0.0, value: $0.1) }
        return .reply(
            .response(.init(status: status, headers: headers, body: ByteBuffer(string: body))),
            token: "t"
        )
    }

    /// Every form of a frame.
    @Test(
        arguments: [
            (#"{"type":"ping"}"#, .ping), (#"{"type":"ping","ref":null,"more":[{}]}"#, .ping),
            (#"{"type":"reply","token":"t","text":"a\nb"}"#, .reply(.text("a\nb"), token: "t")),
            (#"{"type":"reply","token":"t","text":""}"#, .reply(.text(""), token: "t")),
            (#"{"type":"reply","token":"t","status":204}"#, response(204)),
            (#"{"type":"reply","token":"t","body":""}"#, response(200, [("Content-Type", plain)])),
            (#"{"type":"reply","token":"t","body":"hi"}"#, response(200, [("Content-Type", plain)], "hi")),
            (#"{"type":"reply","token":"t","body":"<a/>"}"#, response(200, [("Content-Type", xml)], "<a/>")),
            (
                #"{"type":"reply","token":"t","body":{"b": [1.50]}}"#,
                response(200, [("Content-Type", "application/json")], #"{"b": [1.50]}"#)
            ),
            (
                #"{"type":"reply","token":"t","headers":{"content-TYPE":"a/b"},"body":"hi"}"#,
                response(200, [("content-TYPE", "a/b")], "hi")
            ),
            (#"{"type":"reply","token":"t","body_base64":"aGk="}"#, response(200, [], "hi")),
            (
                #"{"type":"reply","token":"t","headers":[["a","1"],["b","2"],["a","3"]]}"#,
                response(200, [("a", "1"), ("b", "2"), ("a", "3")])
            ),
            (
                #"{"type":"reply","token":"t","headers":{"a":["1","3"],"b":"2","c":[]}}"#,
                response(200, [("a", "1"), ("a", "3"), ("b", "2")])
            ),
            (#"{"type":"reply","token":"t","status":599,"headers":[]}"#, response(599)),
        ] as [(String, EnvelopeRequest)]
    )
    func requests(text: String, expected: EnvelopeRequest) throws {
        #expect(try Self.read(text).request.get() == expected)
    }

    private static let plain = "text/plain; charset=utf-8"
    private static let xml = "application/xml; charset=utf-8"

    /// Every fault, with a word for it that tells it from the others.
    @Test(
        arguments: [
            ("", "malformed_json"), ("[]", "malformed_json"), (#"{"type":"ping"} x"#, "malformed_json"),
            (#"{"type":"ping","type":"reply"}"#, "malformed_json"), ("{}", "missing_type"),
            (#"{"type":1}"#, "missing_type"), (#"{"type":"Ping"}"#, "unknown_type"),
            (#"{"type":"ack"}"#, "missing_position"), (#"{"type":"ack","position":"7"}"#, "missing_position"),
            (#"{"type":"nack","id":"1"}"#, "missing_position"), (#"{"type":"ping","ref":1}"#, "bad_ref"),
            (#"{"type":"ping","ref":"\n"}"#, "bad_ref"), (#"{"type":"reply","text":"a"}"#, "missing_token"),
            (#"{"type":"reply","token":1,"text":"a"}"#, "missing_token"),
            (#"{"type":"reply","token":"t"}"#, "empty_reply"),
            (#"{"type":"reply","token":"t","text":null}"#, "bad_text"),
            (#"{"type":"reply","token":"t","text":"a","status":200}"#, "text_and_response"),
            (#"{"type":"reply","token":"t","text":"a","body":"b"}"#, "text_and_response"),
            (#"{"type":"reply","token":"t","status":"200"}"#, "bad_status"),
            (#"{"type":"reply","token":"t","status":2e2}"#, "bad_status"),
            (#"{"type":"reply","token":"t","status":101}"#, "bad_status"),
            (#"{"type":"reply","token":"t","status":600}"#, "bad_status"),
            (#"{"type":"reply","token":"t","status":-200}"#, "bad_status"),
            (#"{"type":"reply","token":"t","headers":"a"}"#, "bad_headers"),
            (#"{"type":"reply","token":"t","headers":[["a"]]}"#, "bad_headers"),
            (#"{"type":"reply","token":"t","headers":[["a","b","c"]]}"#, "bad_headers"),
            (#"{"type":"reply","token":"t","headers":[["a",1]]}"#, "bad_headers"),
            (#"{"type":"reply","token":"t","headers":[{}]}"#, "bad_headers"),
            (#"{"type":"reply","token":"t","headers":{"a":1}}"#, "bad_headers"),
            (#"{"type":"reply","token":"t","headers":{"a":["b",null]}}"#, "bad_headers"),
            (#"{"type":"reply","token":"t","body":1}"#, "bad_body"),
            (#"{"type":"reply","token":"t","body":"a","body_base64":"aGk="}"#, "bad_body"),
            (#"{"type":"reply","token":"t","body_base64":"aGk"}"#, "bad_body"),
            (#"{"type":"reply","token":"t","body_base64":{}}"#, "bad_body"),
        ]
    )
    func faults(text: String, reason: String) {
        guard case .failure(let fault) = Self.read(text).request else {
            Issue.record("this was taken: \(text)")
            return
        }
        #expect(fault.reason == reason)
        #expect(fault.explanation.hasSuffix("."))
    }

    /// The client's own word for a frame comes back, of a faulty one too where it could be read; it is bounded.
    @Test func references() {
        #expect(Self.read(#"{"ref":"日1","type":"ping"}"#).ref == "日1")
        #expect(Self.read(#"{"ref":"1","type":"x"}"#).ref == "1")
        let long = String(repeating: "a", count: EnvelopeRequest.referenceLimit)
        #expect(Self.read(#"{"ref":"\#(long)","type":"ping"}"#).ref == long)
        guard case .failure(.badReference) = Self.read(#"{"ref":"a\#(long)","type":"ping"}"#).request else {
            Issue.record("a ref that is too long was taken")
            return
        }
    }

    /// A frame nests as deep as a platform's JSON may, and no deeper; more fields than are allowed are left to be refused.
    @Test func bounds() throws {
        func nested(_ depth: Int) -> String {
            #"{"type":"reply","token":"t","body":"# + String(repeating: "[", count: depth)
                + String(repeating: "]", count: depth) + "}"
        }
        #expect(throws: Never.self) { try Self.read(nested(63)).request.get() }
        #expect(throws: EnvelopeFault.self) { try Self.read(nested(64)).request.get() }
        let fields = Array(repeating: #"["a","b"]"#, count: 10_000).joined(separator: ",")
        #expect(throws: EnvelopeFault.reply(.badHeaders)) {
            try Self.read(#"{"type":"reply","token":"t","headers":[\#(fields)]}"#).request.get()
        }
    }
}
