// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A round's events as dispatches: each is encoded when the first gateway session asks, and all sessions with the same
/// filter share the bytes.
final class GatewayRound {
    /// How many filters' bytes are kept; a bot has a shard or a few.
    private static let filterLimit = 8

    private let dispatches: [GatewayDispatch]
    private var frames: [GatewayFilter: (frames: ByteBuffer, count: Int)] = [:]

    init(_ entries: ArraySlice<LogEntry>) {
        self.dispatches = entries.compactMap { GatewayDispatch($0) }
    }

    /// The frames of the events after `offset` that pass a filter, and their number.
    func frames(for filter: GatewayFilter, after offset: UInt64? = nil) -> (frames: ByteBuffer, count: Int) {
        if offset == nil, let known = self.frames[filter] { return known }
        let admitted = self.dispatches.filter { $0.position.offset > offset ?? 0 && filter.admits($0) }
        var frames = ByteBuffer()
        if admitted.count == 1 {
            frames = admitted[0].frame
        } else {
            frames.reserveCapacity(admitted.reduce(0) { $0 + $1.frame.readableBytes })
            for dispatch in admitted { frames.writeImmutableBuffer(dispatch.frame) }
        }
        let result = (frames, admitted.count)
        if offset == nil, self.frames.count < Self.filterLimit { self.frames[filter] = result }
        return result
    }
}
