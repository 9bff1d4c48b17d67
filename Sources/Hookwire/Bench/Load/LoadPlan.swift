// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What all event loops of a run share.
struct LoadPlan: Sendable {
    let configuration: BenchConfiguration
    let supply: EventSupply
    let times: EventTimes
    let addresses: LoadAddresses
    let handshake: ClientHandshake
}
