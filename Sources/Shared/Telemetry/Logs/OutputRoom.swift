// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Checks whether a write would block on a stalled reader, such as a pipe's. Any thread.
public enum OutputRoom {
    /// Whether a page (4 KiB) can be written, or fails, without blocking (poll(2), pipe(7)).
    ///
    /// - Parameters:
    ///   - descriptor: what is to be written to.
    ///   - milliseconds: how long to wait for room.
    public static func isThere(at descriptor: Int32, within milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        // If polling fails, the line is written anyway.
        return poll(&entry, 1, milliseconds) != 0
    }
}
