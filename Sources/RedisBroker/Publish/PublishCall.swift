// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// What the script `publish` is told besides the event; part of its text.
struct PublishSettings: Sendable {
    var retentionCount: Int
    var retentionAgeMilliseconds: Int64
    var positionLifetimeMilliseconds: Int64
    var pushLimit: Int
    /// The command that pushes.
    var push = "PUBLISH"
    /// Whether what is acknowledged waits for replicas.
    var waits = false
    /// Whether a full Redis removes what exceeds the log's retention and stores the event in its place.
    var makesRoom = true
}

/// One call of the script `publish`.
struct PublishCall: Sendable {
    /// How many arguments of a call differ from those of the channel's other calls.
    private static let differing = 6

    var channel: PublishedChannels.Channel
    var event: RESPArgument
    /// The duplicate key's name in Redis, and how long it is known.
    var key: (name: String, lifetimeMilliseconds: Int64)?
    /// For a log that needs a new one.
    var epoch: Epoch

    /// The call of a script that Redis knows by its name.
    var byName: RESPCommand {
        self.channel.prefix.command(self.arguments)
    }

    /// The call with the script's text.
    func byText(_ script: RedisScript) -> RESPCommand {
        RESPCommandPrefix(
            "EVAL",
            [.string(script.source)] + Self.fixed(self.channel.keys),
            following: Self.differing
        ).command(self.arguments)
    }

    /// The call of the script for channels with a retention of their own, by its name or its text.
    func keeping(_ retention: ChannelRetention, _ command: String, _ script: String) -> RESPCommand {
        let own: [RESPArgument] = [
            .integer(retention.count ?? 0),
            .integer(Int(retention.ageMilliseconds ?? 0)),
            .integer(retention.bytes ?? 0),
        ]
        return RESPCommand(command, [.string(script)] + Self.fixed(self.channel.keys) + self.arguments + own)
    }

    private var arguments: [RESPArgument] {
        let position = self.channel.position
        return [
            .string(self.key?.name ?? self.channel.keys.unseen),
            self.event,
            .hexadecimal(self.epoch.rawValue),
            position.map { .hexadecimal($0.epoch.rawValue) } ?? "",
            .integer(Int(clamping: position?.offset ?? 0)),
            .integer(Int(self.key?.lifetimeMilliseconds ?? 0)),
        ]
    }

    /// What each call on a channel begins with.
    static func prefix(_ script: RedisScript, _ keys: ChannelKeys) -> RESPCommandPrefix {
        RESPCommandPrefix("EVALSHA", [.string(script.name)] + self.fixed(keys), following: self.differing)
    }

    /// The number of keys, and all of them but the last.
    private static func fixed(_ keys: ChannelKeys) -> [RESPArgument] {
        [.integer(4), .string(keys.log), .string(keys.meta), .string(keys.feed)]
    }

    /// What the script answers; nil for what it never does.
    static func publication(_ reply: RESPValue) -> Publication? {
        switch reply {
        case .null:
            return .duplicate
        case .bulk(let text):
            let epochEnd = text.readerIndex + 16
            let numbers = text.readableBytesView.dropFirst(17)
            guard text.getInteger(at: epochEnd) == UInt8(ascii: " "),
                let epoch = Epoch(padded: text.readableBytesView.prefix(16)),
                let offsetEnd = numbers.firstIndex(of: UInt8(ascii: " ")),
                let offset = self.number(numbers[..<offsetEnd]),
                let feeds = self.number(numbers[(offsetEnd + 1)...])
            else { return nil }
            return .stored(Position(epoch: epoch, offset: offset), feeds: Int(feeds))
        default:
            return nil
        }
    }

    /// A number in decimal digits, up to what Lua counts exactly.
    private static func number(_ digits: ByteBufferView) -> UInt64? {
        guard (1...16).contains(digits.count) else { return nil }
        var number: UInt64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            number = number * 10 + UInt64(digit - UInt8(ascii: "0"))
        }
        return number
    }
}
