// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage

/// Where a command prints: a person's terminal, or a pipe or file that some program reads.
struct Terminal: Sendable {
    /// Whether lines may be redrawn.
    let isLive: Bool
    /// Whether colours may be used (https://no-color.org).
    let hasColour: Bool

    /// - Parameter isPlain: whether a terminal is treated as a pipe.
    init(isPlain: Bool = false) {
        self.isLive = !isPlain && isatty(STDOUT_FILENO) == 1 && ProcessEnvironment["TERM"] != "dumb"
        self.hasColour = self.isLive && (ProcessEnvironment["NO_COLOR"] ?? "").isEmpty
    }

    /// How many columns it has; 80 where it does not say.
    var width: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Prints text as it is.
    ///
    /// - Returns: whether there is still somebody who reads it.
    @discardableResult
    func write(_ text: String) -> Bool {
        (try? FileDescriptor.standardOutput.writeAll(text.utf8)) != nil
    }

    /// Whether whoever read a pipe has gone.
    var isAbandoned: Bool {
        var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        return poll(&output, 1, 0) == 1 && Int32(output.revents) & Int32(POLLERR) != 0
    }

    /// Tells of what is not output.
    func complain(_ sentence: String) {
        _ = try? FileDescriptor.standardError.writeAll("\(sentence)\n".utf8)
    }

    /// The text in a colour, where there are colours.
    func paint(_ text: String, _ colour: Colour) -> String {
        self.hasColour ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }

    enum Colour: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case cyan = "36"
    }
}
