// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import Testing

/// One rule of the contract of `Broker`, as a check that every implementation must pass.
///
/// A test target runs all of them with one parameterised test:
/// ```swift
/// @Test(arguments: BrokerRule.all)
/// func keeps(_ rule: BrokerRule) async throws { try await rule.check(on: testBed) }
/// ```
public struct BrokerRule: Sendable, CustomTestStringConvertible {
    /// The rule as a sentence, which is also the name of its test case.
    public let sentence: String
    private let body: @Sendable (any BrokerTestBed) async throws -> Void

    init(_ sentence: String, _ body: @escaping @Sendable (any BrokerTestBed) async throws -> Void) {
        self.sentence = sentence
        self.body = body
    }

    /// Every rule.
    public static let all =
        Self.publishing + Self.duplicates + Self.feeding + Self.reading + Self.retention + Self.ownRetention
        + Self.bytes
        + Self.tokens + Self.replies + Self.cursors + Self.groups + Self.observations

    public var testDescription: String { self.sentence }

    /// Checks the rule on brokers of one implementation; what breaks it is recorded as an issue of the running test.
    public func check(on bed: any BrokerTestBed) async throws {
        try await self.body(bed)
    }
}
