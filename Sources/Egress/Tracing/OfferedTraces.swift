// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Shared
internal import Synchronization

/// Maps recent reply tokens to the delivery that offered them, so that replies of a bot without tracing are attributed
/// correctly. Any thread.
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
