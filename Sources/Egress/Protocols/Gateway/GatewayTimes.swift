// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The times of a node's gateway sessions.
struct GatewayTimes: Sendable {
    /// The heartbeat interval requested in Hello.
    var heartbeatInterval = TimeAmount.seconds(45)
    /// How long a client may take to identify or to resume.
    var identifyTimeout = TimeAmount.seconds(30)

    /// How long a client may be silent.
    var silence: TimeAmount {
        let intervals = TimeAmount.nanoseconds(
            self.heartbeatInterval.nanoseconds * GatewayProtocol.silentIntervals
        )
        return max(intervals, GatewayProtocol.shortestSilence)
    }
}
