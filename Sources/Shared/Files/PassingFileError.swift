// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Transient errors that keep a file from being read though nothing is wrong with it.
public enum PassingFileError {
    /// Exhausted process or system resources, or a disk or network that does not respond (errno(3)).
    private static let codes = [EMFILE, ENFILE, ENOMEM, EIO, EINTR, EAGAIN, ESTALE, ETIMEDOUT]

    /// Whether an error is of this kind.
    ///
    /// - Parameter code: the `errno` that the system has left.
    public static func isOne(_ code: Int32) -> Bool { self.codes.contains(code) }
}
