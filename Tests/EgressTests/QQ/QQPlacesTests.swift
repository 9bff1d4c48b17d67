// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import Shared
import Testing

@testable import Egress

/// Who has a place among the requests to the platform, and who waits for one.
@Suite struct QQPlacesTests {
    private let loop = EmbeddedEventLoop()
    /// One of them for tokens.
    private let places = QQPlaces(count: 8)

    private func takeAll() throws -> [QQPlaces.Place] {
        try (0..<7).map { _ in try #require(self.places.take(for: .other)) }
    }

    /// A freed place is the next one's who waits, and anybody's where nobody does.
    @Test func freedPlaces() throws {
        var held = try self.takeAll()
        #expect(self.places.take(for: .other) == nil)
        var order: [Int] = []
        var given: [QQPlaces.Place] = []
        for number in 1...2 {
            self.places.take(by: self.loop.now + .seconds(5), on: self.loop).assumeIsolated().whenSuccess {
                order.append(number)
                given.append($0)
            }
        }
        #expect(self.places.waiterCount == 2 && given.isEmpty)
        held.removeLast()
        #expect(order == [1])
        held.removeLast()
        #expect(order == [1, 2])
        given.removeLast()
        #expect(self.places.take(for: .other) != nil)
    }

    /// One client address takes an eighth of the places, and gives them back; who is not known has no share.
    @Test func shareOfAnAddress() throws {
        let places = QQPlaces(count: 32)
        let (first, second) = (try #require(IPAddress("192.0.2.1")), try #require(IPAddress("192.0.2.2")))
        var held = try (0..<3).map { _ in try #require(places.take(for: .other, of: first)) }
        #expect(places.take(for: .other, of: first) == nil)
        var others = [try #require(places.take(for: .other, of: second))]
        held.removeLast()
        held.append(try #require(places.take(for: .other, of: first)))
        #expect(places.take(for: .other, of: first) == nil)
        // Four are reserved for tokens.
        for _ in 0..<24 { others.append(try #require(places.take(for: .other))) }
        #expect(places.take(for: .other) == nil && places.take(for: .token) != nil)
    }

    /// A token has its place whoever waits, and gives none away of those that are for the others.
    @Test func tokensBesideWaiters() throws {
        var held = try self.takeAll()
        var given: [QQPlaces.Place] = []
        self.places.take(by: self.loop.now + .seconds(5), on: self.loop).assumeIsolated().whenSuccess {
            given.append($0)
        }
        var token = self.places.take(for: .token)
        #expect(token != nil)
        #expect(self.places.take(for: .token) == nil)
        token = nil
        #expect(given.isEmpty)
        token = self.places.take(for: .token)
        held.removeLast()
        #expect(given.isEmpty)
        held.removeLast()
        #expect(given.count == 1)
        withExtendedLifetime(token) {}
    }

    /// Who waits in vain is told so in time, and gets no place any more.
    @Test func waitsInVain() throws {
        var held = try self.takeAll()
        var refusal: QQRefusal?
        self.places.take(by: self.loop.now + .seconds(5), on: self.loop).assumeIsolated().whenFailure {
            refusal = $0 as? QQRefusal
        }
        self.loop.advanceTime(by: .seconds(4))
        #expect(refusal == nil)
        self.loop.advanceTime(by: .seconds(1))
        #expect(refusal == .upstreamBusy && self.places.waiterCount == 0)
        held.removeAll()
        #expect(self.places.take(for: .other) != nil)
    }
}
