// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Why received bytes are not an acceptable reply. The connection cannot continue after one. The raw value is also a
/// metric label.
package enum RESPViolation: String, Error, CaseIterable {
    /// The first byte of a value is no type that RESP2 has.
    case unknownType = "unknown_type"
    /// A length is no number, is negative but not -1, or a bulk string does not end where its length says.
    case malformed
    /// A bulk string is longer than we take.
    case bulkTooLong = "bulk_too_long"
    /// A line is longer than we take.
    case lineTooLong = "line_too_long"
    /// Arrays announce more elements than we take.
    case tooManyElements = "too_many_elements"
    /// Arrays are nested deeper than we take.
    case tooDeep = "too_deep"
    /// A reply is longer than we take.
    case replyTooLong = "reply_too_long"
    /// There is no memory left for a reply.
    case outOfMemory = "out_of_memory"
}

extension RESPViolation: CustomStringConvertible {
    /// A sentence for an operator.
    package var description: String {
        switch self {
        case .unknownType: "What answers does not speak RESP2; check the address, and that TLS is on where it must be."
        case .malformed: "The store sent a reply that is not RESP2."
        case .bulkTooLong: "The store sent a longer string than is taken."
        case .lineTooLong: "The store sent a longer line than is taken."
        case .tooManyElements: "The store sent a longer array than is taken."
        case .tooDeep: "The store sent arrays that are nested deeper than is taken."
        case .replyTooLong: "The store sent a longer reply than is taken."
        case .outOfMemory: "There is no memory left for the store's reply."
        }
    }
}
