// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Which events a session wants, as the platform's bit set (bot.q.qq.com, "事件订阅 Intents").
struct GatewayIntents: OptionSet, Hashable, Sendable {
    let rawValue: UInt32

    static let guilds = Self(rawValue: 1 << 0)
    static let guildMembers = Self(rawValue: 1 << 1)
    static let guildMessages = Self(rawValue: 1 << 9)
    static let guildMessageReactions = Self(rawValue: 1 << 10)
    static let directMessage = Self(rawValue: 1 << 12)
    static let openForum = Self(rawValue: 1 << 18)
    static let audioOrLiveChannelMember = Self(rawValue: 1 << 19)
    static let groupMemberEvent = Self(rawValue: 1 << 24)
    static let groupAndC2C = Self(rawValue: 1 << 25)
    static let interaction = Self(rawValue: 1 << 26)
    static let messageAudit = Self(rawValue: 1 << 27)
    static let forums = Self(rawValue: 1 << 28)
    static let audioAction = Self(rawValue: 1 << 29)
    static let publicGuildMessages = Self(rawValue: 1 << 30)

    /// Whether a session with these intents gets events of a type. A type that no intent names always passes: the
    /// platform may add types unknown here.
    func admits(_ type: String) -> Bool {
        guard let intent = Self.intents[type] else { return true }
        return !self.isDisjoint(with: intent)
    }

    /// The intents that a type belongs to.
    static let intents: [String: GatewayIntents] = {
        let types: [(GatewayIntents, [String])] = [
            (
                .guilds,
                ["GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE", "CHANNEL_CREATE", "CHANNEL_UPDATE", "CHANNEL_DELETE"]
            ),
            (.guildMembers, ["GUILD_MEMBER_ADD", "GUILD_MEMBER_UPDATE", "GUILD_MEMBER_REMOVE"]),
            (.guildMessages, ["MESSAGE_CREATE", "MESSAGE_DELETE"]),
            (.guildMessageReactions, ["MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE"]),
            (.directMessage, ["DIRECT_MESSAGE_CREATE", "DIRECT_MESSAGE_DELETE"]),
            (
                .openForum,
                [
                    "OPEN_FORUM_THREAD_CREATE", "OPEN_FORUM_THREAD_UPDATE", "OPEN_FORUM_THREAD_DELETE",
                    "OPEN_FORUM_POST_CREATE", "OPEN_FORUM_POST_DELETE", "OPEN_FORUM_REPLY_CREATE",
                    "OPEN_FORUM_REPLY_DELETE",
                ]
            ),
            (
                .audioOrLiveChannelMember,
                ["AUDIO_OR_LIVE_CHANNEL_MEMBER_ENTER", "AUDIO_OR_LIVE_CHANNEL_MEMBER_EXIT"]
            ),
            (.groupMemberEvent, ["GROUP_MEMBER_ADD", "GROUP_MEMBER_REMOVE", "GROUP_JOIN_REQUEST"]),
            (
                .groupAndC2C,
                [
                    "C2C_MESSAGE_CREATE", "GROUP_AT_MESSAGE_CREATE", "GROUP_MESSAGE_CREATE", "FRIEND_ADD", "FRIEND_DEL",
                    "C2C_MSG_RECEIVE", "C2C_MSG_REJECT", "GROUP_ADD_ROBOT", "GROUP_DEL_ROBOT", "GROUP_MSG_RECEIVE",
                    "GROUP_MSG_REJECT", "SUBSCRIBE_MESSAGE_STATUS",
                ]
            ),
            (.interaction, ["INTERACTION_CREATE"]),
            (.messageAudit, ["MESSAGE_AUDIT_PASS", "MESSAGE_AUDIT_REJECT"]),
            (
                .forums,
                [
                    "FORUM_THREAD_CREATE", "FORUM_THREAD_UPDATE", "FORUM_THREAD_DELETE", "FORUM_POST_CREATE",
                    "FORUM_POST_DELETE", "FORUM_REPLY_CREATE", "FORUM_REPLY_DELETE", "FORUM_PUBLISH_AUDIT_RESULT",
                ]
            ),
            (.audioAction, ["AUDIO_START", "AUDIO_FINISH", "AUDIO_ON_MIC", "AUDIO_OFF_MIC", "ON_MIC", "OFF_MIC"]),
            (.publicGuildMessages, ["AT_MESSAGE_CREATE", "PUBLIC_MESSAGE_DELETE"]),
        ]
        var intents: [String: GatewayIntents] = [:]
        for (intent, names) in types {
            for name in names { intents[name, default: []].formUnion(intent) }
        }
        return intents
    }()
}
