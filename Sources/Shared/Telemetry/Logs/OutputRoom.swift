// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Whether something can be written without waiting for whoever reads it: a pipe's reader may have stopped. Any thread.
public enum OutputRoom {
    /// Whether a page (4 KiB) can be written without waiting, or fails without (poll(2), pipe(7)).
    ///
    /// - Parameters:
    ///   - descriptor: what is to be written to.
    ///   - milliseconds: for how long room is waited for.
    public static func isThere(at descriptor: Int32, within milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        // What cannot even be asked is written as ever.
        return poll(&entry, 1, milliseconds) != 0
    }
}
