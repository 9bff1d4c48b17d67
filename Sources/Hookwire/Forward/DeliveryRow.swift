// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// One event as the table shows it.
struct DeliveryRow {
    enum Result {
        case underWay
        case answered(HTTPResponseStatus, TimeAmount)
        /// No answer, and no further attempt.
        case givenUp(String)
    }

    /// What a row is made of, of a terminal's width: a narrow one has no room for ids, then none for types.
    struct Columns: Equatable {
        private static let time = 12
        /// Of status and duration.
        private static let outcome = 17

        let type: Int
        let id: Int

        init(width: Int) {
            let room = width - Self.time - Self.outcome - 3
            switch room {
            case ..<8: (self.type, self.id) = (0, 0)
            case ..<32: (self.type, self.id) = (room - 2, 0)
            default:
                self.type = min(26, (room - 4) / 2)
                self.id = min(48, room - 4 - self.type)
            }
        }

        /// A row's beginning.
        func joined(_ time: String, _ type: String, _ id: String) -> String {
            var cells = [DeliveryRow.padded(time, Self.time)]
            for (text, width) in [(type, self.type), (id, self.id)] where width > 0 {
                cells.append(DeliveryRow.padded(ForeignText.line(text, limit: width), width))
            }
            return cells.joined(separator: "  ")
        }
    }

    let event: ReceivedEvent
    var attempt: Int
    /// When it was received here, in milliseconds since 1970.
    var time: Int64
    var result: Result

    /// The columns' names.
    static func heading(width: Int) -> String {
        ForeignText.line(Columns(width: width).joined("TIME", "TYPE", "ID") + "  STATUS  DURATION", limit: width - 1)
    }

    /// A row of a table on a terminal, no longer than its width.
    func row(on terminal: Terminal) -> String {
        let fixed = Columns(width: terminal.width).joined(
            LocalTime.text(milliseconds: self.time),
            self.event.type,
            self.shownID
        )
        let room = max(0, terminal.width - ForeignText.columns(of: fixed) - 3)
        let (text, colour) = self.status
        return fixed + "  " + terminal.paint(ForeignText.line(text, limit: room), colour)
    }

    /// A line for a pipe: nothing cut, nothing padded.
    var line: String {
        [
            LocalTime.text(milliseconds: self.time), ForeignText.line(self.event.type),
            ForeignText.line(self.event.id), self.status.text.split(separator: " ").joined(separator: " "),
        ].joined(separator: "  ")
    }

    /// An object for a program.
    var json: String {
        var object = JSONObjectWriter()
        object.member("time_ms", self.time)
        object.member("position", self.event.position.description)
        object.member("type", self.event.type)
        object.member("id", self.event.id)
        object.member("platform", self.event.platform)
        switch self.result {
        case .underWay: break
        case .answered(let status, let time):
            object.member("status", status.code)
            object.member("duration_ms", time.nanoseconds / 1_000_000)
        case .givenUp(let reason):
            object.member("error", reason)
        }
        object.member("attempts", self.attempt)
        return ForeignText.json(object.finish())
    }

    private var status: (text: String, colour: Terminal.Colour) {
        switch self.result {
        case .underWay: return (self.attempt > 1 ? "…       attempt \(self.attempt)" : "…", .dim)
        case .answered(let status, let time):
            let colour: Terminal.Colour = status.code < 300 ? .green : status.code < 400 ? .cyan : .red
            return (Self.padded("\(status.code)", 6) + "  " + Self.text(of: time), colour)
        case .givenUp(let reason): return ("failed  \(reason)", .red)
        }
    }

    private static func text(of time: TimeAmount) -> String {
        let milliseconds = time.nanoseconds / 1_000_000
        return milliseconds < 10_000 ? "\(milliseconds) ms" : "\(milliseconds / 1_000) s"
    }

    /// The id without the type, which QQ's begin with and another column has.
    private var shownID: String {
        let prefix = self.event.type + ":"
        return self.event.id.hasPrefix(prefix) ? String(self.event.id.dropFirst(prefix.count)) : self.event.id
    }

    fileprivate static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - ForeignText.columns(of: text)))
    }
}
