// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Where the client of a request is, as far as it can be known.
public enum ClientAddress: Hashable, Sendable {
    /// It is there, and this address is its own.
    case known(IPAddress)
    /// It is behind a proxy that is not trusted, or that does not tell: what is at this address is many clients, and what one
    /// of them does must not be charged to the others. Nil where the connection has no address at all.
    case shared(IPAddress?)

    /// What the client counts by; nil where that is not known.
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
