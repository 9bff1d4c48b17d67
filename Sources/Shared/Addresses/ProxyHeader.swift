// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// What a proxy says at the beginning of a connection: for whom it is.
enum ProxyHeader: Equatable, Sendable {
    /// For a client at an address.
    case client(SocketAddress)
    /// For the proxy itself (a health check), or for somebody whose address has no words here: the connection's own holds.
    case none
}
