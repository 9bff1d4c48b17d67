// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Ingress

/// What of a field is its text, however it is written.
@Suite struct XMLTextTests {
    private struct Fields: Decodable {
        let text: String

        private enum CodingKeys: String, CodingKey {
            case text = "Content"
        }
    }

    @Test(arguments: [
        ("<![CDATA[hello]]>", "hello"), ("hello", "hello"), ("\n  <![CDATA[hello]]>\n", "hello"),
        ("a<![CDATA[<x>]]>c", "a<x>c"), ("<![CDATA[a]]>&amp;<![CDATA[&b;]]>", "a&&b;"), ("a &lt; b", "a < b"),
        ("<!-- no --><![CDATA[a]]><!-- > -->", "a"), ("a<!-- no -->b", "ab"), ("<![CDATA[]]>", ""),
        ("<![CDATA[]]]]><![CDATA[>]]>", "]]>"), ("<![CDATA[ a ]]>", " a "), ("<![CDATA[\n]]>b", "\nb"), ("", ""),
    ])
    func texts(written: String, read: String) throws {
        let document = "<?xml version='1.0'?>\n<xml> <Content>\(written)</Content><Other><![CDATA[x]]></Other> </xml>"
        let fields = try XMLMessage.decode(Fields.self, from: document.utf8)
        #expect(fields.text == read)
    }

    /// As WeChat writes it, a document stays as it is.
    @Test func asWeChatWrites() {
        let document = "<xml>\n<ToUserName><![CDATA[a]]></ToUserName>\n<CreateTime>12</CreateTime><e/>\n</xml>\n"
        #expect(XMLText.joined(Array(document.utf8)) == Array(document.utf8))
    }
}
