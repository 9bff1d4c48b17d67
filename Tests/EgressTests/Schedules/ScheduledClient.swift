// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOEmbedded
import Shared

@testable import Egress

/// A connection of a schedule's client, and what of the relay's words has arrived.
final class ScheduledClient {
    /// What a client is told.
    enum Message {
        case event(Int)
        case recovery(Recovered)
        /// It is asked for a sign of life.
        case ping([UInt8])
        case closed
    }

    struct Recovered {
        var isComplete: Bool
        var position: Position
        var reason: String
    }

    let number: Int
    let role: ScheduledRole
    let speech: ScheduledRole.Speech
    let wire: Wire
    /// Nil until the relay has accepted it.
    var channel: EmbeddedChannel?
    /// Whether it has gone before that.
    var isGone = false
    /// Whether what is sent waits to be carried.
    var isLagging = false
    /// Whether nothing arrives any more.
    var isVanished = false
    /// Where it was when it came, by its own account.
    var resumption: Position?
    /// What its consumer had settled when it came: the last event's number.
    var settled = -1

    /// The last event that it has had, or where it stands without it.
    var position: Position?
    /// The number of the last event that it has had.
    var last: Int?
    var wasTold = false
    /// Whether the relay has closed it.
    var isClosed = false

    private var received: [UInt8] = []

    /// - Parameter isBehindProxy: whether something on the way takes all that it is sent, and acknowledges that.
    init(number: Int, role: ScheduledRole, speech: ScheduledRole.Speech, hasCounters: Bool, isBehindProxy: Bool) {
        self.number = number
        self.role = role
        self.speech = speech
        self.wire = Wire(hasCounters: hasCounters, isBehindProxy: isBehindProxy)
    }

    /// Whether the relay may learn what it has had, so that what has not arrived is not lost where it vanishes.
    var canVanish: Bool { self.speech != .stream || self.wire.hasCounters && !self.wire.isBehindProxy }

    /// Whether it has no words for what was lost.
    var isRaw: Bool { self.speech == .raw }

    /// What has become whole with these bytes.
    func receive(_ bytes: [UInt8]) -> [Message] {
        self.received += bytes
        return self.speech == .stream ? self.readBlocks() : self.readFrames()
    }

    private func readFrames() -> [Message] {
        var messages: [Message] = []
        var start = 0
        while self.received.count >= start + 2 {
            let short = Int(self.received[start + 1])
            var body = start + 2
            var length = short
            if short == 126 {
                body += 2
                guard self.received.count >= body else { break }
                length = Int(self.received[start + 2]) << 8 | Int(self.received[start + 3])
            }
            precondition(short < 127, "no frame of a schedule is that long")
            guard self.received.count >= body + length else { break }
            if self.received[start] == 0x88 {
                messages.append(.closed)
            } else if self.received[start] == 0x89 {
                messages.append(.ping(Array(self.received[body..<body + length])))
            } else if let message = self.message(self.received[body..<body + length]) {
                messages.append(message)
            }
            start = body + length
        }
        self.received.removeFirst(start)
        return messages
    }

    private func readBlocks() -> [Message] {
        var messages: [Message] = []
        var start = 0
        for end in self.received.indices.dropLast()
        where end >= start && self.received[end] == 0x0A && self.received[end + 1] == 0x0A {
            if let message = self.message(self.received[start..<end]) { messages.append(message) }
            start = end + 2
        }
        self.received.removeFirst(start)
        return messages
    }

    /// What a text says; nil for what says nothing that matters.
    private func message(_ part: ArraySlice<UInt8>) -> Message? {
        let text = Array(part) + [0]
        if let number = Self.value(of: "{\"n\":", in: text, upTo: ",") { return Int(number).map { .event($0) } }
        guard let recovered = Self.value(of: "\"recovered\":", in: text, upTo: ",}"),
            let position = Self.value(of: "\"position\":\"", in: text, upTo: "\"").flatMap({ Position($0) })
        else { return nil }
        let reason = Self.value(of: "\"reason\":\"", in: text, upTo: "\"") ?? ""
        return .recovery(Recovered(isComplete: recovered == "true", position: position, reason: reason))
    }

    /// What stands behind a name in a text that ends with a zero.
    private static func value(of name: String, in text: [UInt8], upTo ends: String) -> String? {
        text.withUnsafeBytes { bytes -> String? in
            guard let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self), let found = strstr(start, name)
            else { return nil }
            let value = found + name.utf8.count
            return String(decoding: UnsafeRawBufferPointer(start: value, count: strcspn(value, ends)), as: UTF8.self)
        }
    }
}
