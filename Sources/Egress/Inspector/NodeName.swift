// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// What this process calls itself towards those who look on: nothing that says where it runs.
enum NodeName {
    static let own = Hex.encode(SecureRandom.bytes(3))
}
