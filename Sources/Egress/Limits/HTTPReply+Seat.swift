// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

extension HTTPReply {
    /// The same reply, whose upgraded connection holds a seat until it is closed, for whatever reason.
    func holding(_ seat: Seat?) -> HTTPReply {
        guard let seat else { return self }
        switch self {
        case .upgrade(var upgrade):
            let install = upgrade.install
            upgrade.install = { channel in
                channel.closeFuture.whenComplete { _ in seat.giveBack() }
                try install(channel)
            }
            return .upgrade(upgrade)
        case .eventually(let reply):
            // A connection lost meanwhile releases it with the response.
            return .eventually(reply.map { $0.holding(seat) })
        case .response, .stream, .promptly, .awaited:
            return self
        }
    }
}
