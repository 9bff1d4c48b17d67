// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The client that a proxy reports at the beginning of a connection.
enum ProxyHeader: Equatable, Sendable {
    /// A client at an address.
    case client(SocketAddress)
    /// The proxy itself (a health check), or a client whose address family is unsupported: the connection's own address
    /// applies.
    case none
}
