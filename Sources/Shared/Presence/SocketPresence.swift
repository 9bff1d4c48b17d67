// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// One connection of a bot, as its operator sees it.
public struct SocketPresence: Hashable, Sendable {
    /// Its protocol.
    public enum Speech: String, Sendable, CaseIterable {
        case raw
        case envelope
        case events
        case gateway
    }

    public var speech: Speech
    /// When it opened, in milliseconds since 1970.
    public var since: Int64
    /// The label of the token that opened it, or nil for the bot's secret.
    public var token: BotName?
    /// The consumer or group that it belongs to; nil for none.
    public var consumer: String?
    /// The offset of the last event written to it; nil if there was none.
    public var offset: UInt64?

    public init(
        speech: Speech,
        since: Int64,
        token: BotName? = nil,
        consumer: String? = nil,
        offset: UInt64? = nil
    ) {
        self.speech = speech
        self.since = since
        self.token = token
        self.consumer = consumer
        self.offset = offset
    }
}
