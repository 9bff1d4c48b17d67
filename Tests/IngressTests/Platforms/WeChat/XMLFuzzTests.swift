// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import FoundationXML
import SeededRandom
import Shared
import Testing

@testable import Ingress

/// Random documents, whole and damaged: what is let through must be harmless to the parser behind.
@Suite struct XMLFuzzTests {
    private static let time = Duration.seconds(1)
    private static let pieces = [
        "<xml>", "</xml>", "<a>", "</a>", "<a/>", "<b x='1'>", "</b>", "<c y=\"<\"/>", "<![CDATA[", "]]>", "<!--",
        "-->", "--",
        "<!DOCTYPE xml", "[<!ENTITY e 'v'>]", "<!ENTITY % p SYSTEM 'http://127.0.0.1:1/'>", ">", "<", "&", "&e;",
        "&lt;", "&#60;",
        "&#x3c;", "&amp;", ";", "<?xml version='1.0'?>", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<?pi x?>",
        "encoding='utf-16'",
        "text", "'", "\"", "/", " ", "\n", "\u{FEFF}", "中", "=", "xmlns:a='b'", "<a:b>", "</a:b>",
    ]

    /// Follows what the parser finds.
    private final class Witness: NSObject, XMLParserDelegate {
        var depth = 0
        var deepest = 0
        var elements = 0
        var forbidden: [String] = []

        func parser(
            _ parser: XMLParser,
            didStartElement name: String,
            namespaceURI: String?,
            qualifiedName: String?,
            attributes: [String: String]
        ) {
            self.depth += 1
            self.deepest = max(self.deepest, self.depth)
            self.elements += 1
        }

        func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
            self.depth -= 1
        }

        func parser(_ parser: XMLParser, foundInternalEntityDeclarationWithName name: String, value: String?) {
            self.forbidden.append("entity")
        }

        func parser(
            _ parser: XMLParser,
            foundExternalEntityDeclarationWithName name: String,
            publicID: String?,
            systemID: String?
        ) {
            self.forbidden.append("external entity")
        }

        func parser(_ parser: XMLParser, resolveExternalEntityName name: String, systemID: String?) -> Data? {
            self.forbidden.append("resolution")
            return nil
        }

        func parser(_ parser: XMLParser, foundProcessingInstructionWithTarget target: String, data: String?) {
            self.forbidden.append("processing instruction")
        }
    }

    private func inspection(_ document: [UInt8]) -> XMLViolation? {
        do throws(XMLViolation) {
            try XMLMessage.inspect(document)
            return nil
        } catch {
            return error
        }
    }

    /// The parser never sees a declaration of an entity, a processing instruction or more depth than is allowed, and what
    /// both take has as many elements for one as for the other.
    @Test func againstTheParser() {
        var random = SeededRandom(for: "XMLFuzzTests.againstTheParser")
        var counts = (refused: 0, passed: 0, parsed: 0)
        let end = ContinuousClock.now + Self.time
        while ContinuousClock.now < end {
            var text = self.document(&random)
            for _ in 0..<Int.random(in: 0...2, using: &random) { self.damage(&text, &random) }
            let bytes = Array(text.utf8)
            guard self.inspection(bytes) == nil else {
                counts.refused += 1
                continue
            }
            counts.passed += 1
            let witness = Witness()
            let parser = XMLParser(data: Data(bytes))
            parser.delegate = witness
            let isParsed = parser.parse()
            #expect(witness.forbidden.isEmpty, "seed \(random.seed): \(text.debugDescription)")
            #expect(witness.deepest <= XMLInspection.maximumDepth, "seed \(random.seed): \(text.debugDescription)")
            if isParsed {
                counts.parsed += 1
                #expect(witness.elements <= XMLInspection.maximumElements)
            }
            // Whatever it is, reading it as a message ends.
            _ = try? XMLMessage.decode(WeChatMessage.self, from: bytes)
        }
        print("XMLFuzzTests.againstTheParser: \(counts)")
        #expect(counts.refused > 100)
        #expect(counts.passed > 100)
        #expect(counts.parsed > 100)
    }

    /// A declaration that does not end, and takes the next one for its own end, is none: a parser that mends it would find a
    /// processing instruction.
    @Test func declarationInADeclaration() {
        let text = "<?xml version='1.0' encoding='UTF-8'--><?xml version='1.0'?><xml><f0>a</f0></xml>"
        #expect(self.inspection(Array(text.utf8)) == .malformed)
        #expect(self.inspection(Array("<?xml version='1.0' encoding='UTF-8'?><xml><f0>a</f0></xml>".utf8)) == nil)
    }

    /// Random bytes are refused, or are harmless, and never more.
    @Test func randomBytes() {
        var random = SeededRandom(for: "XMLFuzzTests.randomBytes")
        let end = ContinuousClock.now + .milliseconds(300)
        while ContinuousClock.now < end {
            let bytes =
                Array("<xml>".utf8) + random.bytes(Int.random(in: 0...64, using: &random)) + Array("</xml>".utf8)
            _ = try? XMLMessage.decode(WeChatMessage.self, from: bytes)
            _ = self.inspection(random.bytes(Int.random(in: 0...64, using: &random)))
        }
    }

    /// A billion laughs, a quadratic blow-up, a document from elsewhere: refused before the parser sees a byte.
    @Test func bombs() {
        var laughs = "<!DOCTYPE lolz [<!ENTITY l0 'lol'>"
        for level in 1...9 {
            let reference = String(repeating: "&l\(level - 1);", count: 10)
            laughs += "<!ENTITY l\(level) '\(reference)'>"
        }
        laughs += "]><xml><a>&l9;</a></xml>"
        let quadratic =
            "<!DOCTYPE x [<!ENTITY a '\(String(repeating: "a", count: 20_000))'>]><xml>"
            + String(repeating: "&a;", count: 2_000) + "</xml>"
        let external = "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><xml>&a;</xml>"
        let parameter = "<!DOCTYPE x [<!ENTITY % a SYSTEM 'http://127.0.0.1:1/'>%a;]><xml/>"
        for bomb in [laughs, quadratic, external, parameter] {
            #expect(self.inspection(Array(bomb.utf8)) == .documentType)
        }
        #expect(self.inspection(Array("<xml>&l9;</xml>".utf8)) == .entity)
        #expect(self.inspection(Array((String(repeating: "<a>", count: 20_000)).utf8)) == .wrongRoot)
        #expect(self.inspection(Array(("<xml>" + String(repeating: "<a>", count: 20_000)).utf8)) == .tooDeep)
        let many = "<xml><a>" + String(repeating: "<b/>", count: 20_000)
        #expect(self.inspection(Array(many.utf8)) == .tooLarge)
        #expect(self.inspection(Array(many.utf8.prefix(10_000))) == .tooManyElements)
        // UTF-16 and UTF-7 could hide what is looked for.
        #expect(
            self.inspection([0xFF, 0xFE] + Array("<xml/>".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }))
                == .notUTF8
        )
        #expect(self.inspection(Array("<?xml version='1.0' encoding='UTF-7'?>+ADw-xml/+AD4-".utf8)) == .notUTF8)
    }

    private func document(_ random: inout SeededRandom) -> String {
        var text = Bool.random(using: &random) ? "" : "<?xml version='1.0' encoding='UTF-8'?>"
        text += "<xml>"
        for number in 0..<Int.random(in: 0...4, using: &random) {
            let name = Bool.random(using: &random) ? "f\(number)" : "MsgType"
            text += "<\(name)>"
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                text +=
                    ["x", "<![CDATA[ <y>&z; ]]>", "&amp;", "<e a='b'>t</e>", "<!-- c -->", "<e/>"].randomElement(
                        using: &random
                    ) ?? ""
            }
            text += "</\(name)>"
        }
        return text + "</xml>"
    }

    private func damage(_ text: inout String, _ random: inout SeededRandom) {
        let index = text.index(text.startIndex, offsetBy: Int.random(in: 0...text.count, using: &random))
        switch Int.random(in: 0..<3, using: &random) {
        case 0: text.insert(contentsOf: Self.pieces.randomElement(using: &random) ?? "", at: index)
        case 1 where index < text.endIndex: text.remove(at: index)
        default:
            let end = text.index(index, offsetBy: Int.random(in: 0...8, using: &random), limitedBy: text.endIndex)
            text.replaceSubrange(index..<(end ?? text.endIndex), with: Self.pieces.randomElement(using: &random) ?? "")
        }
    }
}
