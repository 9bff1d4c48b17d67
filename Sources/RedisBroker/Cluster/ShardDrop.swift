// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Why a node of a cluster does not serve the Pub/Sub channels of a hash slot.
enum ShardDrop: Equatable, Sendable {
    /// It redirects to the slot's owner.
    case moved(UInt16, ClusterEndpoint)
    /// It has lost the slot, to an unknown owner.
    case gone(UInt16)
    /// The cluster, or the slot, is down.
    case refused(UInt16)

    var slot: UInt16 {
        switch self {
        case .moved(let slot, _), .gone(let slot), .refused(let slot): slot
        }
    }
}
