// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Why a run could not take place. The sentence says what to do.
struct BenchError: Error, CustomStringConvertible {
    let message: String
    var description: String { self.message }
}
