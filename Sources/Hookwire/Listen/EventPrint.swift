// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// How `hookwire listen` prints an event: for a person, or as the envelope on one line for a program.
struct EventPrint {
    private static let textLimit = 2_000

    let terminal: Terminal
    let printsJSON: Bool

    func text(_ event: ReceivedEvent) -> String {
        guard !self.printsJSON else { return ForeignText.json(event.frame.readableBytesView) }
        var lines = [self.heading(event)]
        if let text = event.text {
            let sender = event.sender.map { "\(ForeignText.line($0)): " } ?? ""
            lines.append("  \(sender)\(ForeignText.line(text, limit: Self.textLimit))")
        }
        return (lines + self.body(event).map { "  \($0)" }).joined(separator: "\n") + "\n"
    }

    private func heading(_ event: ReceivedEvent) -> String {
        let parts = [
            self.terminal.paint(LocalTime.text(milliseconds: event.milliseconds ?? WallClock.now()), .dim),
            self.terminal.paint(ForeignText.line(event.type), .bold),
            ForeignText.line(event.platform), ForeignText.line(event.id),
            self.terminal.paint(event.position.description, .dim),
        ]
        return parts.joined(separator: "  ") + (event.replyToken == nil ? "" : self.terminal.paint("  waits", .yellow))
    }

    private func body(_ event: ReceivedEvent) -> [String] {
        guard event.body.readableBytes > 0 else { return [self.terminal.paint("no body", .dim)] }
        // Only what is whole, and not nested without bounds: each level is a deeper margin.
        if AnswerText.isJSON(Array(event.body.readableBytesView)) {
            return PrettyJSON.lines(event.body, terminal: self.terminal)
        }
        guard let text = String(validating: event.body.readableBytesView, as: UTF8.self) else {
            return [self.terminal.paint("\(event.body.readableBytes) bytes that are no text", .dim)]
        }
        return text.split(separator: "\n", omittingEmptySubsequences: false).map {
            ForeignText.line(String($0), limit: Self.textLimit)
        }
    }
}
