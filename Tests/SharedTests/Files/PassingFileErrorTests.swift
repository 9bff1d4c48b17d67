// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Shared
import Testing

@Suite struct PassingFileErrorTests {
    /// A want of the system's own passes; what the file itself lacks does not.
    @Test func kinds() {
        for code in [EMFILE, ENFILE, ENOMEM, EIO, EINTR, EAGAIN, ESTALE, ETIMEDOUT] {
            #expect(PassingFileError.isOne(code))
        }
        for code in [0, ENOENT, EACCES, EPERM, EISDIR, ELOOP] {
            #expect(!PassingFileError.isOne(code))
        }
    }
}
