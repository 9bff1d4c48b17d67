// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// What `GET /metrics` answers on one event loop. Rendering takes as long as many other requests, and anyone may
/// request it: beyond a rate that no monitoring needs, the last rendering is served again.
final class MetricsPage {
    /// How many renderings a second; also as many at once.
    static let rate = 50

    private let render: () -> String
    private var bucket: TokenBucket
    private var last: ByteBuffer?

    /// - Parameters:
    ///   - now: monotonic.
    ///   - render: the metrics in Prometheus's text format.
    init(now: NIODeadline, render: @escaping () -> String) {
        self.render = render
        self.bucket = TokenBucket(capacity: Self.rate, perSecond: Double(Self.rate), now: now)
    }

    /// The metrics as they are, or as they were a moment ago.
    func text(now: NIODeadline) -> ByteBuffer {
        if let last, !self.bucket.take(now: now) { return last }
        let text = ByteBuffer(string: self.render())
        self.last = text
        return text
    }
}
