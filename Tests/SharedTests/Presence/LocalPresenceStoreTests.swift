// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOPosix
import Shared
import Testing

/// The store of a node that is alone.
@Suite struct LocalPresenceStoreTests {
    /// It keeps to the rules of presence.
    @Test func rules() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        #expect(try await PresenceRules.check(LocalPresenceStore(), on: loop) == [])
    }

    /// What is no report is none: another version may have written it.
    @Test(arguments: ["", "{}", "[]", #"{"node":"a","time":"x","count":1,"sockets":[]}"#])
    func foreign(text: String) {
        #expect(Array(text.utf8).withUnsafeBytes { PresenceReport(json: $0) } == nil)
    }
}
