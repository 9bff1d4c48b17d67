// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// The platforms whose webhook `send` and `doctor` imitate.
enum PlatformName: String, ExpressibleByArgument, CaseIterable, Sendable {
    case qq
    case wechat
    case messenger
    case dialogflow
    case generic

    /// The webhook's path on a relay.
    var path: String { self == .qq ? "/webhook" : "/webhook/\(self.rawValue)" }

    /// The platform that a webhook's path names: `/webhook`, `/webhook/wechat`, `/webhook/wechat/my-bot`.
    init?(path: String) {
        let parts = path.split(separator: "/")
        guard let start = parts.lastIndex(of: "webhook") else { return nil }
        guard start + 1 < parts.count else {
            self = .qq
            return
        }
        self.init(rawValue: String(parts[start + 1]))
    }
}
