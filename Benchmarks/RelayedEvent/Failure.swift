// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Why the relay could not be measured.
enum Failure: String, Error {
    case refused
    case closed
    case wrongEvent
}
