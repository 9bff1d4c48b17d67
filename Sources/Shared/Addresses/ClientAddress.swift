// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The address of a request's client, as far as it is known.
public enum ClientAddress: Hashable, Sendable {
    /// The client's own address.
    case known(IPAddress)
    /// The client is behind a proxy that is untrusted or does not report it: many clients share this address, so that
    /// none may be charged for another. Nil if the connection has no address.
    case shared(IPAddress?)

    /// The address that the client is rate-limited by; nil if unknown.
    public var key: IPAddress? {
        switch self {
        case .known(let address): address.client
        case .shared: nil
        }
    }
}

extension ClientAddress: CustomStringConvertible {
    public var description: String {
        switch self {
        case .known(let address): address.description
        case .shared(let address): address.map { "behind \($0)" } ?? "unknown"
        }
    }
}
