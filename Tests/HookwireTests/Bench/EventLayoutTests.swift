// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@testable import Hookwire

@Suite struct EventLayoutTests {
    private let layout = EventLayout(run: "0badcafe", byteCount: 600)

    private func read(_ body: [UInt8]) -> EventIdentity? {
        body.withUnsafeBytes { self.layout.read($0) }
    }

    /// A body tells which event it is, up to the largest numbers.
    @Test(arguments: [(0, 0), (1, 2), (9_999, 123_456), (EventLayout.secretLimit - 1, EventLayout.sequenceLimit - 1)])
    func readsWhatItWrote(secret: Int, sequence: Int) {
        let identity = EventIdentity(secret: secret, sequence: sequence)
        #expect(self.read(self.layout.body(of: identity)) == identity)
    }

    /// No byte can be changed, added or taken away without notice.
    @Test func noticesEveryChangedByte() {
        let body = self.layout.body(of: EventIdentity(secret: 7, sequence: 300))
        for place in body.indices {
            for flip in [UInt8(1), 0x20, 0x80] {
                var changed = body
                changed[place] ^= flip
                #expect(self.read(changed) == nil, "byte \(place)")
            }
        }
        #expect(self.read(body.dropLast()) == nil)
        #expect(self.read(body + [0]) == nil)
        #expect(self.read([]) == nil)
    }

    /// An event of another run is none of this one.
    @Test func refusesOtherRuns() {
        let other = EventLayout(run: "0badcaff", byteCount: 600)
        #expect(self.read(other.body(of: EventIdentity(secret: 0, sequence: 0))) == nil)
    }

    /// The body is what a relay takes for a QQ event: an object with op 0 and an id of its own, of just the wanted size.
    @Test(arguments: [EventLayout.minimumByteCount(run: "0badcafe"), 600, 65_536])
    func bodyIsAnEvent(byteCount: Int) throws {
        let layout = EventLayout(run: "0badcafe", byteCount: byteCount)
        let body = layout.body(of: EventIdentity(secret: 42, sequence: 7))
        #expect(body.count == byteCount)
        let id = try body.withUnsafeBytes { bytes in
            let object = try JSONObjectView(validating: bytes, members: JSONMemberNames("op", "id", "t", "d"))
            #expect(object["op"]?.integer == 0)
            return object["id"]?.string
        }
        #expect(id == "GROUP_AT_MESSAGE_CREATE:0badcafe-00002a-00000007")
    }
}
