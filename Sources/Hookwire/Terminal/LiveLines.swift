// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Lines that stay, above lines that are redrawn: what is under way, and how far a backlog is. Where nothing can be
/// redrawn, only the lines that stay are printed.
struct LiveLines {
    let terminal: Terminal
    private var drawn: [String] = []

    init(terminal: Terminal) {
        self.terminal = terminal
    }

    /// Prints a line that stays.
    mutating func keep(_ line: String) {
        guard self.terminal.isLive else {
            self.terminal.write(line + "\n")
            return
        }
        let drawn = self.drawn
        self.terminal.write(self.wipe() + line + "\n")
        self.draw(drawn)
    }

    /// Tells of what is not output, and is not lost among what is redrawn.
    mutating func complain(_ sentence: String) {
        let drawn = self.drawn
        if self.terminal.isLive { self.terminal.write(self.wipe()) }
        self.terminal.complain(sentence)
        if self.terminal.isLive { self.draw(drawn) }
    }

    /// Replaces what is redrawn. Lines that are too long are cut by whoever made them: these must not wrap.
    mutating func show(_ lines: [String]) {
        guard self.terminal.isLive, lines != self.drawn else { return }
        self.terminal.write(self.wipe())
        self.draw(lines)
    }

    private mutating func draw(_ lines: [String]) {
        self.drawn = lines
        guard !lines.isEmpty else { return }
        self.terminal.write(lines.map { $0 + "\n" }.joined())
    }

    /// Goes to the first of the redrawn lines, and wipes from there on.
    private mutating func wipe() -> String {
        defer { self.drawn = [] }
        return self.drawn.isEmpty ? "" : "\u{1B}[\(self.drawn.count)A\r\u{1B}[J"
    }
}
