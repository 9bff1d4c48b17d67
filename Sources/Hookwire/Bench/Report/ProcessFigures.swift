// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What a process used while events were measured, or while sockets were held.
struct ProcessFigures: Encodable, Sendable {
    let name: String
    /// nil for the generator itself.
    let pid: Int?
    /// Whether it ended during the run: then nothing else is known of it.
    let hasEnded: Bool
    /// nil where it used too little to tell one from the other.
    let userSeconds: Double?
    let systemSeconds: Double?
    /// How many cores it kept busy.
    let cores: Double?
    let userMicrosecondsPerEvent: Double?
    let systemMicrosecondsPerEvent: Double?
    let microsecondsPerDelivery: Double?
    let residentBytes: Int?
    /// How much its memory grew for each socket, since before the sockets were opened.
    let residentBytesPerSocket: Double?

    /// What is compared with what.
    struct Window {
        var seconds: Double
        var events: Int
        var deliveries: Int
    }

    init(
        name: String,
        pid: Int?,
        before: ProcessUsage?,
        after: ProcessUsage?,
        window: Window,
        residentBytesPerSocket: Double? = nil
    ) {
        self.name = name
        self.pid = pid
        self.hasEnded = after == nil
        func difference(_ part: KeyPath<ProcessUsage, Double>) -> Double? {
            guard let before, let after else { return nil }
            return after[keyPath: part] - before[keyPath: part]
        }
        let total = difference(\.total)
        // The parts are known in ticks: they say how the total divides.
        let ticks = difference(\.user).flatMap { user in difference(\.system).map { user + $0 } }
        func part(_ part: KeyPath<ProcessUsage, Double>) -> Double? {
            guard let total, let ticks, let part = difference(part) else { return nil }
            guard ticks > 0 else { return total > 0 ? nil : 0 }
            return total * (part / ticks)
        }
        self.userSeconds = part(\.user)
        self.systemSeconds = part(\.system)
        self.cores = total.map { $0 / max(window.seconds, 1e-9) }
        func share(_ seconds: Double?, of count: Int) -> Double? {
            seconds.flatMap { count > 0 ? $0 * 1e6 / Double(count) : nil }
        }
        self.userMicrosecondsPerEvent = share(self.userSeconds, of: window.events)
        self.systemMicrosecondsPerEvent = share(self.systemSeconds, of: window.events)
        self.microsecondsPerDelivery = share(total, of: window.deliveries)
        self.residentBytes = pid == nil ? nil : after?.residentBytes
        self.residentBytesPerSocket = residentBytesPerSocket
    }
}
