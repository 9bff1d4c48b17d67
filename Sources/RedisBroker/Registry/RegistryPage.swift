// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A reply of the registry in Redis: all bots, or those that changed.
struct RegistryPage: Sendable {
    /// Empty where there is no registry.
    var epoch: String
    var version: Int
    /// The mark of the change to this version; empty if unknown.
    var mark: String
    /// The check value of the key; empty if there is no registry.
    var check: [UInt8]
    /// Whether bots that are not among the rows are not there.
    var isWhole: Bool
    /// Sealed bots by name, nil for one that was removed.
    var rows: [(name: BotName, sealed: [UInt8]?)]
}

extension RegistryPage {
    /// Reads the reply of `RedisScript.readRegistry`; nil for anything else. Names that are none are passed over.
    init?(_ reply: RESPValue) {
        guard case .array(let parts) = reply, parts.count == 6, let epoch = parts[0].string,
            case .integer(let version) = parts[1], case .bulk(let check) = parts[2],
            case .integer(let isWhole) = parts[3], case .array(let elements) = parts[4],
            let mark = parts[5].string
        else { return nil }
        self.epoch = epoch
        self.version = version
        self.mark = mark
        self.check = Array(check.readableBytesView)
        self.isWhole = isWhole == 1
        self.rows = []
        for index in stride(from: 0, to: elements.count - 1, by: 2) {
            guard case .bulk(let sealed) = elements[index + 1] else { return nil }
            guard let name = elements[index].string.flatMap({ BotName($0) }) else { continue }
            self.rows.append((name, sealed.readableBytes > 0 ? Array(sealed.readableBytesView) : nil))
        }
    }
}
