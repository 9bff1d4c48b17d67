// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@Suite struct BotRecordTests {
    /// A bot is the same after it was stored, whatever it has and has not.
    @Test func roundTrip() throws {
        let full = try FullBot.make()
        #expect(try BotRecord.decode(BotRecord.encode(full), name: full.name) == full)
        let plain = Bot(name: full.name, platform: .qq, secret: Secret("12345678"))
        #expect(try BotRecord.decode(BotRecord.encode(plain), name: full.name) == plain)
        var none = plain
        none.allowedOrigins = []
        #expect(try BotRecord.decode(BotRecord.encode(none), name: full.name) == none)
    }

    /// What a later version wrote is told apart from what nobody wrote, and neither is half a bot.
    @Test func refusals() throws {
        let bot = try FullBot.make()
        let text = String(decoding: BotRecord.encode(bot), as: UTF8.self)
        let later = text.replacing("{\"v\":1,", with: "{\"v\":2,")
        #expect(throws: BotRecord.Fault.later) { try BotRecord.decode(Array(later.utf8), name: bot.name) }
        for broken in [
            "", "{}", "[]", "null", "{\"v\":1}", text + " ", String(text.dropLast()),
            text.replacing("generic", with: "icq"),
        ] {
            #expect(throws: BotRecord.Fault.malformed) { try BotRecord.decode(Array(broken.utf8), name: bot.name) }
        }
    }

    /// An empty secret is the secret of nobody, whoever wrote it.
    @Test func emptySecrets() throws {
        var bot = Bot(name: try FullBot.make().name, platform: .qq, secret: Secret("12345678"))
        bot.previousSecret = Secret("")
        #expect(try BotRecord.decode(BotRecord.encode(bot), name: bot.name).previousSecret == nil)
        let text = String(decoding: BotRecord.encode(bot), as: UTF8.self)
        let empty = text.replacing("\"secret\":\"12345678\"", with: "\"secret\":\"\"")
        #expect(empty != text)
        #expect(throws: BotRecord.Fault.malformed) { try BotRecord.decode(Array(empty.utf8), name: bot.name) }
    }

    /// A version that knows more members than this one is understood as far as this one goes.
    @Test func unknownMembers() throws {
        let bot = try FullBot.make()
        let text = String(decoding: BotRecord.encode(bot), as: UTF8.self)
        let more = text.replacing("{\"v\":1,", with: "{\"v\":1,\"colour\":{\"red\":[1,2]},")
        #expect(try BotRecord.decode(Array(more.utf8), name: bot.name) == bot)
    }
}
