// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Lines that stay, above lines that are redrawn: events in flight, and a backlog's progress. Where nothing can be
/// redrawn, only the lines that stay are printed.
struct LiveLines {
    let terminal: Terminal
    private var drawn: [String] = []

    init(terminal: Terminal) {
        self.terminal = terminal
    }

    /// Prints a line that stays.
    func keep(_ line: String) throws(Terminal.WriteFailure) {
        // In one piece, so that nothing flickers.
        try self.terminal.print(self.terminal.isLive ? self.wiping + line + "\n" + self.drawing : line + "\n")
    }

    /// Tells of what is not output, and is not lost among what is redrawn.
    func complain(_ sentence: String) {
        if self.terminal.isLive { self.terminal.write(self.wiping) }
        self.terminal.complain(sentence)
        if self.terminal.isLive { self.terminal.write(self.drawing) }
    }

    /// Replaces what is redrawn. The caller must cut lines to the terminal's width: they must not wrap.
    mutating func show(_ lines: [String]) {
        guard self.terminal.isLive else { return }
        let lines = Self.fitting(lines, height: self.terminal.height)
        guard lines != self.drawn else { return }
        let wiping = self.wiping
        self.drawn = lines
        self.terminal.write(wiping + self.drawing)
    }

    /// As many as can be gone back over: what has left the screen cannot be redrawn. The last lines stay.
    static func fitting(_ lines: [String], height: Int) -> [String] {
        let room = max(1, height - 2)
        guard lines.count > room else { return lines }
        return ["… and \(lines.count - room + 1) more"] + lines.suffix(room - 1)
    }

    private var drawing: String { self.drawn.map { $0 + "\n" }.joined() }

    /// Goes to the first of the redrawn lines, and wipes from there on.
    private var wiping: String { self.drawn.isEmpty ? "" : "\u{1B}[\(self.drawn.count)A\r\u{1B}[J" }
}
