// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Hookwire

@Suite struct SendPatienceTests {
    /// Where a request may wait for the bot's reply, `send` waits longer than any relay (--reply-timeout is up to 30 s,
    /// and WeChat's at most 4500 ms).
    @Test(arguments: PlatformName.allCases)
    func outlastsTheReply(platform: PlatformName) {
        let waits = platform == .dialogflow || platform == .generic
        #expect(Send.patience(with: platform) > (waits ? .seconds(30) : .milliseconds(4_500)))
    }
}
