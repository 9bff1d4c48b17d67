// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Shared
internal import Synchronization

/// In which delivery a reply was offered, for the latest of them: so that a bot which knows nothing of traces can have its
/// replies in the right place. Any thread.
final class OfferedTraces: Sendable {
    /// How many are kept, some 100 bytes each. Offers expire after seconds.
    private static let limit = 16_384

    private struct State {
        var contexts: [ReplyToken: TraceContext] = [:]
        /// The oldest first.
        var order: Deque<ReplyToken> = []
    }

    private let state = Mutex(State())

    func insert(_ context: TraceContext, for token: ReplyToken) {
        self.state.withLock { state in
            if state.contexts.updateValue(context, forKey: token) == nil { state.order.append(token) }
            if state.order.count > Self.limit { state.contexts[state.order.removeFirst()] = nil }
        }
    }

    func context(of token: ReplyToken) -> TraceContext? {
        self.state.withLock { $0.contexts[token] }
    }
}
