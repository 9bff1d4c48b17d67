// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Ingress
internal import NIOCore
internal import Shared

/// All events of a run, made ready ahead of it: signing takes some 25 to 40 µs an event, many times what sending does.
///
/// Events are numbered from 0 and go round the bots. Any thread.
struct EventSupply: Sendable {
    /// How many events there are.
    let count: Int
    let layout: EventLayout

    private let secretCount: Int
    private let templates: [RequestTemplate]
    /// The signatures' digits, `chunkSize` of them a chunk; none where requests are not signed.
    private let signatures: [[UInt8]]
    private let timestamps: EventTimestamps
    private static let chunkSize = 1_000

    /// Makes the events ready, on as many threads as there are cores.
    ///
    /// - Parameter progress: told how many are signed, now and then.
    static func prepare(
        _ configuration: BenchConfiguration,
        count: Int,
        timestamps: EventTimestamps,
        progress: @Sendable (_ signed: Int) -> Void
    ) async throws -> EventSupply {
        let layout = EventLayout(run: configuration.run, byteCount: configuration.bodySize)
        var signatures: [[UInt8]] = []
        if configuration.isSigned {
            let keys = try (0..<configuration.secrets).map { try QQKey(secret: Secret(configuration.secret($0))) }
            let signer = EventSigner(layout: layout, keys: keys, timestamps: timestamps)
            signatures = try await self.sign(count: count, signer: signer, progress: progress)
        }
        let templates = configuration.webhooks.flatMap { target in
            (0..<configuration.secrets).map { secret in
                RequestTemplate(
                    target: target,
                    secret: configuration.secret(secret),
                    bodyLength: layout.byteCount,
                    isSigned: configuration.isSigned
                )
            }
        }
        return EventSupply(
            count: count,
            layout: layout,
            secretCount: configuration.secrets,
            templates: templates,
            signatures: signatures,
            timestamps: timestamps
        )
    }

    private static func sign(
        count: Int,
        signer: EventSigner,
        progress: @Sendable (_ signed: Int) -> Void
    ) async throws -> [[UInt8]] {
        let chunks = (count + self.chunkSize - 1) / self.chunkSize
        return try await withThrowingTaskGroup(of: (Int, [UInt8]).self) { group in
            var next = 0
            func addTask() {
                guard next < chunks else { return }
                let chunk = next
                let events = chunk * self.chunkSize..<min(count, (chunk + 1) * self.chunkSize)
                next += 1
                group.addTask { (chunk, try signer.sign(events)) }
            }
            for _ in 0..<System.coreCount { addTask() }
            var signatures = [[UInt8]](repeating: [], count: chunks)
            var signed = 0
            for try await (chunk, digits) in group {
                signatures[chunk] = digits
                signed += digits.count / RequestTemplate.signatureLength
                progress(signed)
                addTask()
            }
            return signatures
        }
    }

    /// Which bot's which event it is.
    func identity(of event: Int) -> EventIdentity {
        EventIdentity(secret: event % self.secretCount, sequence: event / self.secretCount)
    }

    /// The event's number, or nil where there is no such event in the run.
    func event(_ identity: EventIdentity) -> Int? {
        guard identity.secret < self.secretCount else { return nil }
        let event = identity.sequence * self.secretCount + identity.secret
        return event < self.count ? event : nil
    }

    /// Appends the request that posts the event.
    ///
    /// - Parameter webhook: which of the configured webhooks it goes to.
    func writeRequest(_ event: Int, webhook: Int, to buffer: inout ByteBuffer) {
        let identity = self.identity(of: event)
        let (chunk, place) = event.quotientAndRemainder(dividingBy: Self.chunkSize)
        let digits = place * RequestTemplate.signatureLength
        self.templates[webhook * self.secretCount + identity.secret].write(
            identity,
            layout: self.layout,
            timestamp: self.timestamps.seconds(of: event),
            signature: self.signatures.isEmpty
                ? [] : self.signatures[chunk][digits..<digits + RequestTemplate.signatureLength],
            to: &buffer
        )
    }
}

/// When an event will be sent, in whole seconds since 1970-01-01T00:00:00Z, as far as that is known while it is signed:
/// a relay refuses a timestamp that is minutes old, and a run may take longer.
struct EventTimestamps: Sendable {
    let start: Int
    let secondsPerEvent: Double

    func seconds(of event: Int) -> Int {
        self.start + Int(Double(event) * self.secondsPerEvent)
    }
}

/// Signs events, as the platform does.
private struct EventSigner: Sendable {
    let layout: EventLayout
    let keys: [QQKey]
    let timestamps: EventTimestamps

    func sign(_ events: Range<Int>) throws -> [UInt8] {
        var digits: [UInt8] = []
        digits.reserveCapacity(events.count * RequestTemplate.signatureLength)
        for event in events {
            let identity = EventIdentity(secret: event % self.keys.count, sequence: event / self.keys.count)
            let signature = try self.keys[identity.secret].signature(
                timestamp: "\(self.timestamps.seconds(of: event))".utf8,
                body: self.layout.body(of: identity)
            )
            digits.append(contentsOf: signature.utf8)
        }
        return digits
    }
}
