// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Decodes stored events. One that this version cannot read is counted and skipped, so that it does not block others.
struct StoredEvents: Sendable {
    let metrics: RedisBrokerMetrics

    /// The event of these bytes; nil where a newer version wrote them, or they are damaged.
    func decode(_ bytes: ByteBuffer) -> Event? {
        do {
            return try EventEncoding.decode(bytes)
        } catch {
            self.metrics.undecodable(error)
            return nil
        }
    }
}
