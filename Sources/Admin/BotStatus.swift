// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// A bot's traffic.
struct BotStatus: Sendable {
    /// How many events came since its log began.
    var events: UInt64
    /// When the last one came, in milliseconds since 1970; nil where none is retained.
    var lastEvent: Int64?
    /// How many events its sockets that name no consumer have not received; nil if there never was one.
    var lag: UInt64?
    /// The connections by node; nil if the store is unavailable.
    var reports: [PresenceReport]?

    /// How many connections there are; nil where the store cannot say.
    var sockets: Int? { self.reports.map { $0.reduce(0) { $0 + $1.count } } }

    /// As the API shows it.
    var json: [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("events", self.events)
        if let lastEvent { writer.member("last_event", lastEvent) }
        if let lag { writer.member("lag", lag) }
        if let sockets { writer.member("sockets", sockets) }
        if let reports { writer.member("nodes", json: JSONWriter.array(reports.map(\.json))) }
        return writer.finish()
    }
}
