// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// What keeps a file from being read though nothing is wrong with the file: as it is, it may be read at another time.
public enum PassingFileError {
    /// Too little of the process's or the system's own, or a disk or a network that does not answer (errno(3)).
    private static let codes = [EMFILE, ENFILE, ENOMEM, EIO, EINTR, EAGAIN, ESTALE, ETIMEDOUT]

    /// Whether an error is of this kind.
    ///
    /// - Parameter code: the `errno` that the system has left.
    public static func isOne(_ code: Int32) -> Bool { self.codes.contains(code) }
}
