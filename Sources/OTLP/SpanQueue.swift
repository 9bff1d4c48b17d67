// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Shared

/// The spans that wait to be exported. A pure structure.
struct SpanQueue {
    private let limit: Int
    private var spans: Deque<TraceSpan> = []

    /// - Parameter limit: how many are kept.
    init(limit: Int) {
        self.limit = limit
    }

    /// How many wait.
    var count: Int { self.spans.count }

    /// Takes a span in.
    ///
    /// - Returns: false where there is no room for it: the older ones are the beginnings of their traces.
    mutating func append(_ span: TraceSpan) -> Bool {
        guard self.spans.count < self.limit else { return false }
        self.spans.append(span)
        return true
    }

    /// Takes the oldest out.
    mutating func take(_ count: Int) -> [TraceSpan] {
        let batch = Array(self.spans.prefix(count))
        self.spans.removeFirst(batch.count)
        return batch
    }
}
