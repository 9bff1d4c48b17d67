// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// A platform's documented requirements for a webhook's URL (for QQ: docs/qq.md).
struct PlatformRules: Sendable {
    var platform: PlatformName
    /// The name that people know.
    var title: Wording
    /// The name at the beginning of a sentence.
    var subject: Wording {
        Wording(self.title.english.prefix(1).uppercased() + self.title.english.dropFirst(), self.title.chinese)
    }
    /// Nil where any port will do.
    var ports: [Int]?
    var needsHTTPS: Bool
    /// Whether its servers are on the Internet.
    var isPublic = true
    /// Whether the answer that is timed may wait for the bot's reply.
    var waitsForBot: Bool { self.platform == .dialogflow }
    /// How long it waits for the answer to its check of the URL, or to an event where it has none.
    var limit: TimeAmount

    init(_ platform: PlatformName) {
        self.platform = platform
        switch platform {
        case .qq:
            self.title = Wording("QQ", "QQ ")
            self.ports = [80, 443, 8080, 8443]
            self.needsHTTPS = true
            self.limit = .seconds(1)
        case .wechat:
            self.title = Wording("WeChat", "微信")
            self.ports = [80, 443]
            self.needsHTTPS = false
            self.limit = .seconds(5)
        case .messenger:
            self.title = Wording("Meta", "Meta ")
            self.needsHTTPS = true
            self.limit = .seconds(5)
        case .dialogflow:
            self.title = Wording("Dialogflow", "Dialogflow ")
            self.needsHTTPS = true
            self.limit = .seconds(5)
        case .generic:
            self.title = Wording("the sender", "发送方")
            self.needsHTTPS = false
            self.isPublic = false
            self.limit = .seconds(10)
        }
    }
}
