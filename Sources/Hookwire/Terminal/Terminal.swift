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
        let columns = Int(Self.size.ws_col)
        return columns > 0 ? columns : 80
    }

    /// How many rows it has; 24 where it does not say.
    var height: Int {
        let rows = Int(Self.size.ws_row)
        return rows > 0 ? rows : 24
    }

    /// Zeros where it does not say.
    private static var size: winsize {
        var size = winsize()
        return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 ? size : winsize()
    }

    /// Why something could not be printed.
    enum WriteFailure: Error {
        /// Its reader is gone, which is no error.
        case abandoned
        /// A full disk, for instance.
        case failed(Errno)

        init(_ error: Errno) {
            self = error == .brokenPipe ? .abandoned : .failed(error)
        }

        /// The message; nil for none.
        var sentence: String? {
            switch self {
            case .abandoned: nil
            case .failed(let error): "The output cannot be written: \(error)."
            }
        }
    }

    /// Prints a line at once, so that what was done is known even if the process is ended behind it.
    func printLine(_ line: String) throws(WriteFailure) {
        try self.print(line + "\n")
    }

    /// Prints text as it is; failures are ignored.
    func write(_ text: String) {
        try? self.print(text)
    }

    /// Prints text that is not to be lost, and waits for a pipe that is full.
    func print(_ text: String) throws(WriteFailure) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            do {
                let count = try rest.withUnsafeBytes { try FileDescriptor.standardOutput.write($0) }
                rest = rest.dropFirst(count)
            } catch Errno.resourceTemporarilyUnavailable, Errno.wouldBlock {
                // The pipe is non-blocking, as its creator wanted; we wait for room.
                var output = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
                poll(&output, 1, -1)
            } catch {
                throw WriteFailure(error as? Errno ?? .ioError)
            }
        }
    }

    /// Whether the reader of a pipe is gone.
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
