// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import RedisBroker

/// What is known of a cluster's nodes and slots, as scripts.
@Suite struct ClusterNodesTests {
    private var nodes = ClusterNodes()

    /// A map in which one node has the slots of a range.
    private static func map(_ slots: ClosedRange<UInt16>) -> SlotMap {
        var map = SlotMap()
        for slot in slots { _ = map.assign(slot, to: ClusterEndpoint(host: "a", port: 1)) }
        return map
    }

    /// The map is asked for again and again while slots are served by nobody, or the cluster says that it is down; no
    /// longer when all are served.
    @Test mutating func incomplete() {
        // The first question is asked anyway.
        #expect(!self.nodes.isIncomplete)
        _ = self.nodes.apply(SlotAnswer(map: Self.map(0...16_383), isDown: false), now: .ms(0))
        #expect(!self.nodes.isIncomplete)
        #expect(
            self.nodes.apply(SlotAnswer(map: Self.map(0...16_382), isDown: false), now: .ms(1)) == [16_383]
        )
        #expect(self.nodes.isIncomplete)
        _ = self.nodes.apply(SlotAnswer(map: Self.map(0...16_383), isDown: true), now: .ms(2))
        #expect(self.nodes.isIncomplete)
        _ = self.nodes.apply(SlotAnswer(map: Self.map(0...16_383), isDown: false), now: .ms(3))
        #expect(!self.nodes.isIncomplete)
    }
}
