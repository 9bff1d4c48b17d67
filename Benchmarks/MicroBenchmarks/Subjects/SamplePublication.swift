// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import RedisBroker
internal import Shared

/// The command by which an ingress node publishes an event: what is the same for all of a channel's events is encoded
/// once, six arguments follow.
struct SamplePublication {
    /// The Pub/Sub channel.
    static let feed = "hw:{17}:\(SampleEvent.channel)"

    private static let epoch = "9f2c61d07a55e013"
    private static let seen = Self.feed + ":seen:00112233445566778899aabbccddeeff"
    private static let fixed = [
        "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "4", Self.feed + ":log", Self.feed + ":meta", Self.feed,
    ]
    /// Which argument the event is, the command's name being the first.
    private static let eventPlace = 7

    private let event: Event
    private let prefix = RESPCommandPrefix("EVALSHA", Self.fixed.map { .string($0) }, following: 6)
    private let hiredis: HiredisCommand

    init() throws {
        self.event = try SampleEvent.entry().event
        self.hiredis = HiredisCommand(Self.arguments)
    }

    /// As a node does it.
    func encoded() -> ByteBuffer {
        let command = self.prefix.command([
            .string(Self.seen),
            .joined(EventEncoding.head(of: self.event), self.event.body),
            .hexadecimal(SampleEvent.epoch.rawValue),
            .hexadecimal(SampleEvent.epoch.rawValue),
            .integer(41),
            .integer(600_000),
        ])
        var output = ByteBuffer()
        RESPWriter.write(command, into: &output)
        return output
    }

    /// The same by hiredis; the event is encoded the same way.
    func encodedByHiredis() -> ByteBuffer {
        self.hiredis.encoded(self.encodedEvent, at: Self.eventPlace)
    }

    /// Whether a command is the one that it should be.
    static func isRight(_ command: ByteBuffer) -> Bool {
        guard let event = try? Self().encodedEvent else { return false }
        var arguments = self.arguments
        arguments[self.eventPlace] = Array(event.readableBytesView)
        var expected = ByteBuffer(string: "*\(arguments.count)\r\n")
        for argument in arguments {
            expected.writeString("$\(argument.count)\r\n")
            expected.writeBytes(argument)
            expected.writeString("\r\n")
        }
        return command == expected
    }

    private var encodedEvent: ByteBuffer {
        var bytes = EventEncoding.head(of: self.event)
        bytes.writeImmutableBuffer(self.event.body)
        return bytes
    }

    /// All arguments, with nothing in the place of the event.
    private static var arguments: [[UInt8]] {
        (["EVALSHA"] + self.fixed + [self.seen, "", self.epoch, self.epoch, "41", "600000"]).map { Array($0.utf8) }
    }
}
