// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A recipient of an event as described to observers: its protocol, and its consumer's or group's name.
package struct DeliveryNote: Hashable {
    var speech: SocketPresence.Speech
    var consumer: ConsumerName?
    /// Whether the client has a filter, which may have dropped some of it.
    var isFiltered = false
}

/// Reports to a channel's observers which events this node has written, and to whom. Created only for observed
/// channels; reports at most ten times a second per channel and event loop, covering all events since, with one note
/// per set of clients that received the same. Confined to one event loop.
final class DeliveryReporter {
    private static let pause = TimeAmount.milliseconds(100)
    /// How many kinds of clients one note names.
    private static let clientLimit = 16

    private let channel: ChannelID
    private let broker: any Broker
    private let eventLoop: any EventLoop
    private var nextNote = NIODeadline.uptimeNanoseconds(0)
    /// The notes for the next report; several if rounds went to different clients.
    private var waiting: [Note] = []

    /// How many rounds one note covers, and how many notes may be pending.
    private static let spanLimit = 64
    private static let noteLimit = 4

    /// Events that went out together.
    private struct Span {
        var first: UInt64
        var last: UInt64
        /// When they had reached this node and when they were written, in milliseconds since 1970.
        var reached: Int64
        var written: Int64
    }

    /// One note.
    private struct Note {
        var epoch: Epoch
        var spans: [Span]
        var clients: [DeliveryNote: Int]
    }

    init(channel: ChannelID, broker: any Broker, eventLoop: any EventLoop) {
        self.channel = channel
        self.broker = broker
        self.eventLoop = eventLoop
    }

    /// The events from `first` to `end` were written to these clients.
    func written(first: UInt64, end: Position, reached: Int64, to clients: [DeliveryNote]) {
        guard !clients.isEmpty else { return }
        let counts = Dictionary(clients.map { ($0, 1) }, uniquingKeysWith: +)
        let span = Span(first: first, last: end.offset, reached: reached, written: WallClock.now())
        let note = Note(epoch: end.epoch, spans: [span], clients: counts)
        guard !self.waiting.isEmpty || .now() < self.nextNote else { return self.tell(note) }
        if self.waiting.isEmpty {
            let deliveryReporter = NIOLoopBound(self, eventLoop: self.eventLoop)
            self.eventLoop.scheduleTask(deadline: self.nextNote) { deliveryReporter.value.tellWaiting() }
        }
        let known = self.waiting.firstIndex {
            $0.epoch == note.epoch && $0.clients == counts && $0.spans.count < Self.spanLimit
        }
        if let known {
            self.waiting[known].spans.append(span)
        } else {
            if self.waiting.count == Self.noteLimit { self.tell(self.waiting.removeFirst()) }
            self.waiting.append(note)
        }
    }

    private func tellWaiting() {
        let notes = self.waiting
        self.waiting = []
        for note in notes { self.tell(note) }
    }

    private func tell(_ note: Note) {
        self.nextNote = .now() + Self.pause
        self.broker.report(on: self.channel) { Observation(.delivered, json: ByteBuffer(bytes: Self.json(note))) }
    }

    private static func json(_ note: Note) -> [UInt8] {
        var json = JSONObjectWriter()
        json.member("epoch", note.epoch.description)
        json.member("node", NodeName.own)
        var bytes = json.finish()
        bytes.removeLast()
        let spans = note.spans.map { "[\($0.first),\($0.last),\($0.reached),\($0.written)]" }
        bytes += Array(#","spans":[\#(spans.joined(separator: ","))],"clients":["#.utf8)
        for (index, (deliveryNote, count)) in note.clients.prefix(Self.clientLimit).enumerated() {
            var client = JSONObjectWriter()
            client.member("protocol", deliveryNote.speech.rawValue)
            if let consumer = deliveryNote.consumer, !consumer.isAnybody { client.member("consumer", consumer.text) }
            if deliveryNote.isFiltered { client.member("filtered", 1) }
            client.member("count", count)
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += client.finish()
        }
        bytes += Array("]}".utf8)
        return bytes
    }
}

@available(*, unavailable)
extension DeliveryReporter: Sendable {}
