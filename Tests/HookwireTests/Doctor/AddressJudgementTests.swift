// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Hookwire

@Suite struct AddressJudgementTests {
    /// Networks that the Internet does not reach, and those next to them that it does (RFC 6890).
    @Test(arguments: [
        ("10.0.0.1", AddressKind.private), ("11.0.0.1", .public), ("127.0.0.1", .private), ("169.254.1.1", .private),
        ("172.16.0.1", .private), ("172.32.0.1", .public), ("192.168.1.1", .private), ("192.169.1.1", .public),
        ("100.64.0.1", .private), ("100.128.0.1", .public), ("0.0.0.0", .private), ("198.18.0.5", .fake),
        ("198.19.255.255", .fake), ("198.20.0.1", .public), ("8.8.8.8", .public), ("::1", .private), ("::", .private),
        ("fd00::1", .private), ("fe80::1", .private), ("2400:3200::1", .public), ("a.example", nil), ("1.2.3", nil),
    ])
    func kinds(address: String, kind: AddressKind?) {
        #expect(AddressKind(address) == kind)
    }

    /// What a name's addresses mean, the worst first.
    @Test(arguments: [
        (["203.0.113.1"], Finding.Reason.fine, Outcome.ok), (["203.0.113.1", "2001:db8::1"], .fine, .ok),
        (["2001:db8::1"], .onlyIPv6, .warn), (["203.0.113.1", "10.0.0.1"], .privateAddress, .fail),
        (["198.18.0.9"], .fakeAddress, .warn),
    ])
    func names(addresses: [String], reason: Finding.Reason, outcome: Outcome) {
        let finding = AddressJudgement.addresses(addresses, of: "a.example", PlatformRules(.qq))
        #expect(finding.check == .dns)
        #expect(finding.reason == reason)
        #expect(finding.outcome == outcome)
    }

    /// An address in the URL is not asked for, but a private one is no better for that.
    @Test func literals() {
        let rules = PlatformRules(.qq)
        #expect(AddressJudgement.addresses(["8.8.8.8"], of: "8.8.8.8", rules) == .skipped(.dns, .literalAddress))
        #expect(AddressJudgement.addresses(["10.0.0.1"], of: "10.0.0.1", rules).reason == .privateAddress)
        #expect(AddressJudgement.addresses(["10.0.0.1"], of: "10.0.0.1", PlatformRules(.generic)).outcome == .warn)
    }

    /// QQ and WeChat have lists of ports; HTTPS is a must for all but WeChat and generic senders.
    @Test(arguments: [
        (PlatformName.qq, [80, 443, 8_080, 8_443], [8_000, 444, 1]), (.wechat, [80, 443], [8_080, 8_443]),
        (.messenger, [1, 8_000], []), (.dialogflow, [1, 8_000], []), (.generic, [1, 8_000], []),
    ])
    func ports(platform: PlatformName, allowed: [Int], refused: [Int]) throws {
        for port in allowed + refused {
            let url = try #require(WebhookURL("https://a.example:\(port)/"))
            let finding = AddressJudgement.port(url, PlatformRules(platform))
            #expect(finding.reason == (allowed.contains(port) ? .fine : .portNotAllowed))
        }
        let plain = try #require(WebhookURL("http://a.example/"))
        let isOptional = [.wechat, .generic].contains(platform)
        #expect(AddressJudgement.scheme(plain, PlatformRules(platform)).outcome == (isOptional ? .warn : .fail))
    }
}
