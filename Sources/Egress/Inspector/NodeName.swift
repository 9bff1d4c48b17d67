// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// The name of this process for observers: reveals nothing of where it runs.
enum NodeName {
    static let own = Hex.encode(SecureRandom.bytes(3))
}
