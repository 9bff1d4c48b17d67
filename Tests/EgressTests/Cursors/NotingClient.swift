// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

@testable import Egress

/// A client that notes what it is asked.
final class NotingClient: ProbedClient {
    let isFlushed = true
    var probes: [UInt64] = []
    /// Called when it is asked.
    var whenProbed: () -> Void = {}
    var witness: CursorWitness { .client(self) }

    func probe(_ number: UInt64) {
        self.probes.append(number)
        self.whenProbed()
    }

    func whenCloseAcknowledged(_ call: @escaping () -> Void) {}
}
