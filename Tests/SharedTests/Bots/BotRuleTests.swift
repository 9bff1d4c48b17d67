// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@Suite struct BotRuleTests {
    /// What platforms give is taken.
    @Test func takes() {
        #expect(BotRule.fault(ofSecret: Secret("naOC0ocQE3shWLAfffVLB1rhYPG7")) == nil)
        #expect(BotRule.fault(ofSecret: Secret("密钥密")) == nil)
        #expect(BotRule.fault(ofToken: Secret("x")) == nil)
        #expect(BotRule.fault(ofAESKey: Secret("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")) == nil)
        #expect(BotRule.fault(ofAppID: "wx1234567890abcdef") == nil)
        #expect(BotRule.fault(ofHeader: "X-Signature") == nil)
        #expect(BotRule.fault(ofHeader: "X-Signature:sha256=") == nil)
        #expect(BotRule.fault(ofScheme: "standard") == nil)
        #expect(BotRule.fault(ofOrigin: "https://bot.example:8443") == nil)
    }

    /// What can be guessed, or was copied wrongly, is refused, and never repeated.
    @Test(arguments: [
        "", "1234567", "12345678\n", "1234567\u{7f}8", "1234567\u{85}8", "1234567\u{9f}", "1234567\u{ffff}",
        "1234567\u{1ffff}", "\u{feff}12345678", String(repeating: "x", count: 513),
    ])
    func secrets(text: String) throws {
        let fault = try #require(BotRule.fault(ofSecret: Secret(text)))
        #expect(text.isEmpty || !fault.contains(text))
    }

    /// Texts that could not be what they are called are refused.
    @Test func others() {
        #expect(BotRule.fault(ofToken: Secret("")) != nil)
        #expect(BotRule.fault(ofAESKey: Secret("short")) != nil)
        #expect(BotRule.fault(ofAESKey: Secret(String(repeating: "-", count: 43))) != nil)
        for text in ["", "a b", "a\n"] { #expect(BotRule.fault(ofAppID: text) != nil) }
        for text in ["", ":x", "X Y", "X-Y:\n"] { #expect(BotRule.fault(ofHeader: text) != nil) }
        #expect(BotRule.fault(ofScheme: "hmac") != nil)
        for text in ["bot.example", "https://", "https://a/b", "https://u@a", "ftp://a", "null", "*"] {
            #expect(BotRule.fault(ofOrigin: text) != nil)
        }
    }

    /// The sentences have the bounds, as they may be written.
    @Test func bounds() {
        #expect(BotRule.retentionAgeSentence.hasSuffix("from 1s to 30d"))
        #expect(DurationText.parse("1s") == BotRule.retentionAges.lowerBound)
        #expect(DurationText.parse("30d") == BotRule.retentionAges.upperBound)
        #expect(BotRule.logSizeSentence.hasSuffix("of 1KiB to 1024GiB"))
        #expect(ByteCountText.parse("1KiB") == BotRule.logSizes.lowerBound)
        #expect(ByteCountText.parse("1024GiB") == BotRule.logSizes.upperBound)
    }

    /// Rates are read as they are written.
    @Test(arguments: ["100/s", "1/s", "20/m", "7/h", "1000000/s", "1/m"])
    func rates(text: String) throws {
        #expect(RateText.format(try #require(RateText.parse(text))) == text)
    }

    /// A rate without a time, or of nothing, is none.
    @Test(arguments: ["", "100", "100/d", "0/s", "-1/s", "1.5/s", "1000001/s", "/s", "1/s/s", "1 /s"])
    func noRates(text: String) {
        #expect(RateText.parse(text) == nil)
    }
}
