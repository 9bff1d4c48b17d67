// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
internal import Shared

/// The limits and times of an egress node's sockets.
public struct EgressConfiguration: Sendable {
    /// The most bytes of a message from a client. Default 64 KiB.
    public var messageLimit = 64 << 10
    /// How long a client may take to finish a message; more closes it with 1008. Default 20 s.
    public var messageTimeout = TimeAmount.seconds(20)
    /// How many bytes may be queued for one client; more closes it with 1013. Default 1 MiB.
    public var queueLimit = 1 << 20
    /// How often a socket is pinged. Default 25 s.
    public var pingInterval = TimeAmount.seconds(25)
    /// How long a client may take to answer a ping with anything at all. Default 10 s.
    public var pongTimeout = TimeAmount.seconds(10)
    /// How long the feed of a channel outlives its last socket, so that a reconnect finds it. Default 5 s.
    public var feedGrace = TimeAmount.seconds(5)

    /// The node's name as shown to operators. Default `egress`.
    public var nodeName = "egress"

    /// The time, in milliseconds since 1970, for deadlines that another node has set. Default the system's clock.
    public var now: @Sendable () -> Int64 = WallClock.now

    /// The configuration of `/qq`, for QQ's bot SDKs.
    public var qq = QQConfiguration()

    /// Whether a ping's answer is due before the next ping, in the whole seconds of the heartbeat wheel.
    public var leavesTimeToAnswerPings: Bool {
        HeartbeatTimes(period: self.pingInterval, answerTimeout: self.pongTimeout).leaveTimeToAnswer
    }

    /// The defaults.
    public init() {}
}
