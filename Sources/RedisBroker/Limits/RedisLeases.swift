// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Leases of the limits that all ingress nodes of a Redis share. Any thread.
struct RedisLeases: LeaseSource {
    let client: RedisClient

    func lease(
        _ amount: Int,
        of limit: RateLimit,
        on channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Lease> {
        let keys = ChannelKeys(channel)
        return RedisScripts(client: self.client).run(.lease, at: keys.place, on: eventLoop) { name, script in
            RESPCommand(
                name,
                .string(script),
                .integer(1),
                .string(keys.rate),
                .string("\(1_000_000 / limit.rate)"),
                .integer(limit.burst),
                .integer(amount),
                .integer(Int(Lease.span.nanoseconds / 1_000))
            )
        }.flatMapThrowing { reply throws in
            guard case .array(let parts) = reply, parts.count == 2, case .integer(let amount) = parts[0],
                case .integer(let pause) = parts[1]
            else { throw BrokerError.refused }
            return Lease(amount: max(0, Int(amount)), pause: .microseconds(Int64(pause)))
        }.flatMapErrorThrowing { throw BrokerError($0) }
    }
}
