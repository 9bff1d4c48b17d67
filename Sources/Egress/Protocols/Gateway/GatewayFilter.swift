// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Which events a session gets.
struct GatewayFilter: Hashable, Sendable {
    var intents: GatewayIntents
    var shard: GatewayShard

    func admits(_ dispatch: GatewayDispatch) -> Bool {
        self.shard.admits(guild: dispatch.guild) && self.intents.admits(dispatch.type)
    }
}
