// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// The registered bots as a node knows them now. The store that it follows renews them; the tiers ask it for each request
/// and are told of each change. Any thread.
public final class BotRegistry: Sendable {
    /// What is told of a change: the bots before and after.
    public typealias Observer = @Sendable (_ old: BotDirectory, _ new: BotDirectory) -> Void

    private struct State {
        var directory: BotDirectory?
        var observers: [Observer] = []
        var fault: BotStoreError?
    }

    private let state = Mutex(State())
    private let metrics = RegistryMetrics()

    /// A registry that has not been read yet.
    public init() {}

    /// All bots; nil until the store has been read for the first time: who may come in is not known then, and everybody is
    /// asked to try again.
    public var directory: BotDirectory? {
        self.state.withLock { $0.directory }
    }

    /// Why the store cannot be read, in a sentence; nil where it can be, as far as is known. Its store says so.
    public var trouble: String? {
        self.state.withLock { $0.fault?.description }
    }

    /// Whether the bots are those of the store, all of them, as far as is known.
    public var isCurrent: Bool {
        self.state.withLock { $0.directory != nil && $0.fault == nil }
    }

    /// What the store says after each look: nil where all was taken over. What it did not say the last time is counted.
    public func report(_ fault: BotStoreError?) {
        let isNews = self.state.withLock { state in
            defer { state.fault = fault }
            guard let fault, fault.description != state.fault?.description else { return false }
            // A connection that is just being made is no news.
            return fault.reason != .unavailable || state.directory != nil
        }
        if isNews, let fault { self.metrics.count(fault.reason) }
    }

    /// Puts other bots in place, and tells the observers, on the caller's thread, one change after the other is the
    /// caller's to see to.
    public func renew(_ directory: BotDirectory) {
        let (old, observers) = self.state.withLock { state in
            defer { state.directory = directory }
            return (state.directory ?? .empty, state.observers)
        }
        for observer in observers { observer(old, directory) }
    }

    /// From now on `observer` is told of each change, on the thread of whoever makes it. For the life of the registry.
    public func observe(_ observer: @escaping Observer) {
        self.state.withLock { $0.observers.append(observer) }
    }
}
