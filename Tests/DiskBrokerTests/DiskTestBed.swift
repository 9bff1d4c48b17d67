// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import Foundation
import Logging
import Shared

@testable import DiskBroker

/// Brokers on directories of a test's own, on a clock that moves by hand.
struct DiskTestBed: BrokerTestBed {
    let clock = ManualClock()
    let visibilityMilliseconds: Int64 = 600

    func withBroker(_ settings: BrokerSettings, _ body: @Sendable (any Broker) async throws -> Void) async throws {
        try await self.withDirectory { directory in
            try await self.withBroker(in: directory) { configuration in
                configuration.retentionCount = settings.retentionCount
                configuration.retentionAgeMilliseconds = settings.retentionAgeMilliseconds
            } _: { broker in
                try await body(broker)
            }
        }
    }

    func withBrokers(_ body: @Sendable (any Broker, any Broker) async throws -> Void) async throws {
        try await self.withBroker(BrokerSettings()) { try await body($0, $0) }
    }

    func advance(milliseconds: Int64) {
        self.clock.advance(milliseconds: milliseconds)
    }

    /// Runs `body` with the path of a directory that does not exist yet, and removes what became of it.
    func withDirectory<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let parent = FileManager.default.temporaryDirectory.appending(path: "hookwire-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: parent) }
        return try await body(parent.appending(path: "data").path(percentEncoded: false))
    }

    /// Runs `body` with a broker on a directory, and shuts it down.
    func withBroker<Result>(
        in directory: String,
        _ configure: (inout DiskBrokerConfiguration) -> Void = { _ in },
        _ body: (DiskBroker) async throws -> Result
    ) async throws -> Result {
        let broker = try self.broker(in: directory, configure)
        do {
            let result = try await body(broker)
            await broker.shutdown()
            return result
        } catch {
            await broker.shutdown()
            throw error
        }
    }

    /// A broker on the bed's clock, which keeps up only when it is told to.
    func broker(
        in directory: String,
        _ configure: (inout DiskBrokerConfiguration) -> Void = { _ in }
    ) throws -> DiskBroker {
        var configuration = DiskBrokerConfiguration(directory: directory)
        configuration.keepsUp = false
        configure(&configuration)
        let clock = self.clock
        return try DiskBroker(configuration: configuration, logger: Logger(label: "test")) { clock.now }
    }

    /// A copy of a directory as it lies on the disk: what is left where its process is killed.
    func copy(_ directory: String) throws -> String {
        let copy = directory + "-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: false)
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) where !name.hasSuffix("-shm") {
            try FileManager.default.copyItem(atPath: "\(directory)/\(name)", toPath: "\(copy)/\(name)")
        }
        return copy
    }

    /// The names of the files in a directory and how many bytes each has.
    func files(in directory: String) throws -> [String: Int] {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        return try names.reduce(into: [:]) { sizes, name in
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(directory)/\(name)")
            sizes[name] = attributes[.size] as? Int
        }
    }
}
