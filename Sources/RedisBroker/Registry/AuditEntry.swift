// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// What an operator did to a bot in Redis.
public struct AuditEntry: Sendable, Equatable {
    /// When, in milliseconds since 1970, by Redis' clock.
    public var time: Int64
    /// What, a `BotAction.Kind` by its raw value, or one of a later version.
    public var action: String
    public var bot: String
    public var actor: String
    /// What it was about besides the bot: a token's label.
    public var subject: String?
}

extension AuditEntry {
    /// Reads an entry of the stream: its id, and names and values in turn.
    init?(_ reply: RESPValue) {
        guard case .array(let parts) = reply, parts.count == 2, let id = parts[0].string,
            let time = id.split(separator: "-").first.flatMap({ Int64($0) }),
            case .array(let elements) = parts[1]
        else { return nil }
        var fields: [String: String] = [:]
        for index in stride(from: 0, to: elements.count - 1, by: 2) {
            if let name = elements[index].string { fields[name] = elements[index + 1].string }
        }
        guard let action = fields["action"], let bot = fields["bot"], let actor = fields["actor"] else { return nil }
        self.init(
            time: time,
            action: action,
            bot: bot,
            actor: actor,
            subject: fields["subject"].flatMap { $0.isEmpty ? nil : $0 }
        )
    }
}
