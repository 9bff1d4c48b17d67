// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// How far the registry is known.
struct RegistryPosition: Sendable, Equatable {
    /// Empty where there is no registry yet.
    var epoch = ""
    var version = 0
    /// The mark that the change to this version left in Redis; empty if unknown.
    var mark = ""
}

/// The registry as it is known here, and what follows from what Redis says of it. No IO.
struct RegistryMirror {
    /// The outcome of applying a page.
    enum Outcome: Equatable {
        case same
        case changed
        /// It is an earlier state, or another way on from one, that is taken over whole.
        case restored
        /// It is based on an older position than the current one; request it again.
        case overtaken
        /// Redis has lost the registry that was known; what is known stays.
        case vanished
        /// The registry was begun with another key; what is known stays.
        case wrongKey
    }

    /// The position sent with requests.
    private(set) var position = RegistryPosition()
    private(set) var bots: [BotName: Bot] = [:]
    /// The bots whose records do not open, and why. They stay as they are known, if they are.
    private(set) var unreadable: [BotName: String] = [:]
    /// How often something was taken over; 0 until anything has been read.
    private(set) var revision = 0
    private let seal: RegistrySeal

    init(_ seal: RegistrySeal) {
        self.seal = seal
    }

    /// Applies a page from Redis.
    ///
    /// - Parameter asked: the position that was sent with the request.
    mutating func apply(_ page: RegistryPage, asked: RegistryPosition) throws(CryptoError) -> Outcome {
        guard asked == self.position else { return .overtaken }
        guard !page.epoch.isEmpty else {
            if !self.position.epoch.isEmpty { return .vanished }
            guard self.revision == 0 else { return .same }
            self.revision = 1
            return .changed
        }
        guard try self.seal.isKey(of: page.check, epoch: page.epoch) else { return .wrongKey }
        let isOther = page.epoch != self.position.epoch
        let position = RegistryPosition(epoch: page.epoch, version: page.version, mark: page.mark)
        guard page.isWhole || position != self.position else { return .same }
        // Only a whole page says what a registry is that was not known before.
        guard page.isWhole || !isOther else { return .overtaken }
        let isRestored = !isOther && page.version <= self.position.version
        let known = isOther ? [:] : self.bots
        if page.isWhole { (self.bots, self.unreadable) = ([:], [:]) }
        for row in page.rows { try self.apply(row, known) }
        self.position = position
        self.revision += 1
        return isRestored ? .restored : .changed
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
        case .failure(.malformed): self.keep(row.name, known, "it is no record of a bot; remove it, or add it again")
        case nil:
            self.keep(
                row.name,
                known,
                "it was changed in Redis, or encrypted with another key; remove it, or add it again"
            )
        }
    }

    private mutating func keep(_ name: BotName, _ known: [BotName: Bot], _ reason: String) {
        self.bots[name] = known[name]
        self.unreadable[name] = reason
    }
}

extension RegistryMirror {
    /// Of each bot whose record does not open, a sentence, by name.
    var faults: [String] {
        self.unreadable.sorted { $0.key < $1.key }.map { Self.fault(of: $0, $1) }
    }

    static func fault(of name: BotName, _ reason: String) -> String {
        "The bot \(name) in Redis cannot be read: \(reason)."
    }
}
