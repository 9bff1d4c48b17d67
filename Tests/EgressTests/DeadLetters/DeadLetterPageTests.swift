// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOHTTP1
import Shared
import Testing

@testable import Egress

/// What a page of dead letters has.
@Suite struct DeadLetterPageTests {
    private func letters(_ count: Int, body: String) throws -> [DeadLetter] {
        let group = try #require(ConsumerName("workers"))
        return (1...UInt64(count)).map {
            DeadLetter(number: $0, group: group, attempts: 5, time: 0, entry: .sample($0, body))
        }
    }

    private func numbers(_ json: [UInt8]) throws -> [Int] {
        let page = try JSONSerialization.jsonObject(with: Data(json)) as? [String: [[String: Any]]]
        return try #require(page?["dead_letters"]).compactMap { $0["number"] as? Int }
    }

    /// Few bytes go into one page; there is one where there is nothing, too.
    @Test func small() throws {
        #expect(try self.numbers(DeadLetterPage.json([])) == [])
        #expect(try self.numbers(DeadLetterPage.json(self.letters(16, body: "{}"))) == Array(1...16))
    }

    /// A page is bounded in bytes as it is written, where a control character takes six; but a letter always comes.
    @Test(arguments: ["a", "\u{1}"]) func large(character: String) throws {
        let size = character == "a" ? 1 : 6
        for (length, count) in [(100_000, 5 / size), (DeadLetterPage.limit / size - 1_000, 1), (1 << 20, 1)] {
            let json = DeadLetterPage.json(try self.letters(16, body: String(repeating: character, count: length)))
            #expect(try self.numbers(json) == Array(1...max(1, count)), "\(length)")
        }
    }

    /// What the store says of a letter that is to be published again.
    @Test func problems() {
        #expect(DeadLetterRoutes.problem(of: BrokerError.eventTooLarge).status == .payloadTooLarge)
        #expect(DeadLetterRoutes.problem(of: BrokerError.overloaded).status == .serviceUnavailable)
        #expect(DeadLetterRoutes.problem(of: DeadLetterRefusal.notFound).status == .notFound)
    }
}
