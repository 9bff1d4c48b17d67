// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// A node's current view of the registered bots. Its store updates it; the tiers query it per request and observe
/// changes. Any thread.
public final class BotRegistry: Sendable {
    /// Called on a change with the bots before and after.
    public typealias Observer = @Sendable (_ old: BotDirectory, _ new: BotDirectory) -> Void

    private struct State {
        var directory: BotDirectory?
        var observers: [Observer] = []
        var fault: BotStoreError?
    }

    private let state = Mutex(State())
    private let metrics = RegistryMetrics()

    /// Creates a registry that has not been loaded yet.
    public init() {}

    /// All bots; nil until the store has been read for the first time, and every client is told to retry.
    public var directory: BotDirectory? {
        self.state.withLock { $0.directory }
    }

    /// Why the store cannot be read, in a sentence; nil if it can be, as last reported by the store.
    public var trouble: String? {
        self.state.withLock { $0.fault?.description }
    }

    /// Whether the bots are all those of the store, as last reported.
    public var isCurrent: Bool {
        self.state.withLock { $0.directory != nil && $0.fault == nil }
    }

    /// Called by the store after each poll: nil if everything was loaded. A fault that is new since the last poll is
    /// counted.
    public func report(_ fault: BotStoreError?) {
        let isNews = self.state.withLock { state in
            defer { state.fault = fault }
            guard let fault, fault.description != state.fault?.description else { return false }
            // A connection still being established is not reported as a fault.
            return fault.reason != .unavailable || state.directory != nil
        }
        if isNews, let fault { self.metrics.count(fault.reason) }
    }

    /// Replaces the bots and notifies the observers on the caller's thread. The caller must serialize changes.
    public func renew(_ directory: BotDirectory) {
        let (old, observers) = self.state.withLock { state in
            defer { state.directory = directory }
            return (state.directory ?? .empty, state.observers)
        }
        for observer in observers { observer(old, directory) }
    }

    /// Notifies `observer` of each change from now on, on the thread that makes it, for the life of the registry.
    public func observe(_ observer: @escaping Observer) {
        self.state.withLock { $0.observers.append(observer) }
    }
}
