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

    private static let typeWidth = 26
    private static let idWidth = 20

    let event: ReceivedEvent
    var attempt: Int
    /// When it was received here, in milliseconds since 1970.
    var time: Int64
    var result: Result

    /// The column's names.
    static let heading =
        padded("TIME", 12) + "  " + padded("TYPE", typeWidth) + "  " + padded("ID", idWidth)
        + "  STATUS  DURATION"

    /// A row of a table on a terminal, no longer than its width.
    func row(on terminal: Terminal) -> String {
        let fixed = [
            LocalTime.text(milliseconds: self.time),
            Self.padded(ForeignText.line(self.event.type, limit: Self.typeWidth), Self.typeWidth),
            Self.padded(ForeignText.line(self.event.id, limit: Self.idWidth), Self.idWidth),
        ].joined(separator: "  ")
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

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - ForeignText.columns(of: text)))
    }
}
