// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// The registry as it is known here, and what follows from what Redis says of it. No IO.
struct RegistryMirror {
    /// What a page changed.
    enum Outcome: Equatable {
        /// Nothing, or it was older than what is known.
        case same
        case changed
        /// Redis has lost the registry that was known; what is known stays.
        case vanished
        /// The registry was begun with another key; what is known stays.
        case wrongKey
    }

    /// Empty where there is no registry yet.
    private(set) var epoch = ""
    private(set) var version = 0
    private(set) var bots: [BotName: Bot] = [:]
    /// The bots whose records do not open, and why. They stay as they are known, if they are.
    private(set) var unreadable: [BotName: String] = [:]
    /// Whether anything has been read.
    private(set) var isRead = false
    private let seal: RegistrySeal

    init(_ seal: RegistrySeal) {
        self.seal = seal
    }

    /// Takes over what Redis said, unless something newer is known.
    mutating func apply(_ page: RegistryPage) throws(CryptoError) -> Outcome {
        guard !page.epoch.isEmpty else {
            if !self.epoch.isEmpty { return .vanished }
            defer { self.isRead = true }
            return self.isRead ? .same : .changed
        }
        guard try self.seal.isKey(of: page.check, epoch: page.epoch) else { return .wrongKey }
        let isOther = page.epoch != self.epoch
        guard isOther || page.version > self.version || !self.isRead else { return .same }
        // Only a whole page says what a registry is that was not known before.
        guard page.isWhole || !isOther else { return .same }
        let known = isOther ? [:] : self.bots
        if page.isWhole { (self.bots, self.unreadable) = ([:], [:]) }
        for row in page.rows { try self.apply(row, known) }
        self.epoch = page.epoch
        self.version = page.version
        self.isRead = true
        return .changed
    }

    private mutating func apply(
        _ row: (name: BotName, sealed: [UInt8]?),
        _ known: [BotName: Bot]
    ) throws(CryptoError) {
        self.unreadable[row.name] = nil
        guard let sealed = row.sealed else {
            self.bots[row.name] = nil
            return
        }
        switch try self.seal.open(sealed, name: row.name) {
        case .success(let bot): self.bots[row.name] = bot
        case .failure(.later): self.keep(row.name, known, "a later version of hookwire wrote it; run that one")
        case .failure(.malformed): self.keep(row.name, known, "it is no record of a bot; remove it and add it again")
        case nil: self.keep(row.name, known, "it was changed in Redis, or encrypted with another key; add it again")
        }
    }

    private mutating func keep(_ name: BotName, _ known: [BotName: Bot], _ reason: String) {
        self.bots[name] = known[name]
        self.unreadable[name] = reason
    }
}
