// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// The flags of a node that takes webhooks.
struct IngressOptions: SettingFlags {
    @Option(
        help: ArgumentHelp(
            "How far a signed timestamp may be from this clock, either way. (default: 5m)",
            valueName: "time"
        )
    )
    var freshness: String?

    @Option(
        help: ArgumentHelp(
            "How signatures are checked: keyed, or standard, which costs thirty times as much. (default: keyed)",
            valueName: "check"
        )
    )
    var signatureCheck: String?

    @Option(
        help: ArgumentHelp(
            "How long a request waits for the bot's reply where its platform takes one, 100ms to 30s; "
                + "WeChat's at most 4500ms. (default: 4500ms)",
            valueName: "time"
        )
    )
    var replyTimeout: String?

    @Option(
        help: ArgumentHelp(
            "How many replicas of Redis must have an event before it is acknowledged, and how many milliseconds they may "
                + "take; then the platform sends it again. (default: none; 500 ms)",
            valueName: "replicas[:milliseconds]"
        )
    )
    var redisWait: String?

    var flags: [String: String?] {
        [
            "freshness": self.freshness, "signature-check": self.signatureCheck,
            "reply-timeout": self.replyTimeout, "redis-wait": self.redisWait,
        ]
    }
}
