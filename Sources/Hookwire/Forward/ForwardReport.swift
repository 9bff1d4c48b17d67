// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// The output of forwarding: a line per finished event, on a terminal the events in flight and a backlog's progress
/// below, and errors on standard error.
struct ForwardReport {
    private let terminal: Terminal
    private let printsJSON: Bool
    private var lines: LiveLines
    private var underWay: [DeliveryRow] = []
    private var bar: ProgressBar?
    private var hasHeading = false
    /// Why lines were lost, if that matters.
    private(set) var loss: String?

    init(terminal: Terminal, printsJSON: Bool) {
        self.terminal = terminal
        self.printsJSON = printsJSON
        self.lines = LiveLines(terminal: printsJSON ? Terminal(isPlain: true) : terminal)
    }

    /// A sentence on standard error.
    mutating func say(_ sentence: String) {
        self.lines.complain(ForeignText.line(sentence))
    }

    /// The relay has begun, with a backlog or without.
    ///
    /// - Parameter done: up to where everything is done already.
    mutating func began(_ recovery: RelayMessage.Recovery, done: Position?) {
        self.bar = recovery.head.flatMap { ProgressBar(from: recovery.position, to: $0) }
        if let done { self.bar?.reach(done) }
        if self.bar?.isFull == true { self.bar = nil }
        self.draw()
    }

    /// Whether a backlog is not done.
    var hasBacklog: Bool { self.bar != nil }

    /// Nothing more of the backlog comes: what is left of it was filtered out.
    mutating func caughtUp() {
        self.bar = nil
        self.draw()
    }

    /// An event is on its way to the local server.
    mutating func started(_ event: ReceivedEvent, attempt: Int) {
        let row = DeliveryRow(event: event, attempt: attempt, time: WallClock.now(), result: .underWay)
        self.underWay.removeAll { $0.event.position == event.position }
        self.underWay.append(row)
        self.draw()
    }

    /// It is to be tried again.
    mutating func returned(_ event: ReceivedEvent) {
        self.underWay.removeAll { $0.event.position == event.position }
        self.draw()
    }

    /// It is done with.
    mutating func ended(_ event: ReceivedEvent, _ result: DeliveryRow.Result) {
        guard let index = self.underWay.firstIndex(where: { $0.event.position == event.position }) else { return }
        var row = self.underWay.remove(at: index)
        row.result = result
        self.bar?.reach(event.position)
        if self.bar?.isFull == true { self.bar = nil }
        if self.printsJSON {
            self.keep(row.json)
        } else if self.terminal.isLive {
            if !self.hasHeading {
                self.keep(self.terminal.paint(DeliveryRow.heading(width: self.terminal.width), .bold))
            }
            self.hasHeading = true
            self.keep(row.row(on: self.terminal))
        } else {
            self.keep(row.line)
        }
        self.draw()
    }

    /// A print failure is reported once: forwarding continues.
    private mutating func keep(_ line: String) {
        do throws(Terminal.WriteFailure) {
            try self.lines.keep(line)
        } catch {
            guard self.loss == nil, let sentence = error.sentence else { return }
            self.loss = sentence
            self.say("\(sentence) Events are sent on all the same.")
        }
    }

    /// Wipes what is redrawn.
    mutating func finish() {
        self.lines.show([])
    }

    private mutating func draw() {
        guard self.terminal.isLive, !self.printsJSON else { return }
        var below = self.underWay.map { $0.row(on: self.terminal) }
        if let bar { below.append(bar.text(width: self.terminal.width)) }
        self.lines.show(below)
    }
}
