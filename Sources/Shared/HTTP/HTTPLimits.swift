// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// The limits of one connection: sizes and times, each with the response for exceeding it.
public struct HTTPLimits: Sendable {
    /// A streamed body must deliver at least this many bytes per `bodyTimeout`: about one read. A body no longer than
    /// this is always passed to its route whole.
    static let bodyWindow = 64 << 10

    /// The largest request body in bytes that is buffered; a larger one is 413. Default 1 MiB.
    public var body = 1 << 20
    /// The largest header field, name and value together, in bytes; a larger one is 431. Default 8 KiB.
    public var headerField = 8 << 10
    /// All header fields and the request target together, in bytes; more is 431. Default 32 KiB.
    public var headerList = 32 << 10
    /// How many header fields; more is 431. Default 100.
    public var headerCount = 100
    /// How long a request's header may take from its first byte to its last; longer is 408. Default 10 s.
    public var headerTimeout = TimeAmount.seconds(10)
    /// How long a request's body may take after its header; longer is 408. For a streamed body this is the time for
    /// every 64 KiB, and runs only while the route waits for them. The peer has as long to read a connection's last
    /// response. Default 20 s.
    public var bodyTimeout = TimeAmount.seconds(20)
    /// How long a connection may stay open between two requests; then it is closed without a response. A peer that is
    /// still reading earlier responses gets another `bodyTimeout` for as long as it makes progress. Default 75 s.
    public var idleTimeout = TimeAmount.seconds(75)
    /// How long input is read and discarded after a response that ends the connection, so that the response arrives
    /// although the peer is still sending: closing at once would reset the connection. Default 2 s.
    var lingerTimeout = TimeAmount.seconds(2)

    /// The defaults.
    public init() {}
}
