// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// What one connection may take of a node: sizes and times, each with the answer that exceeding it gets.
public struct HTTPLimits: Sendable {
    /// How many bytes of a body that its route takes piece by piece come in one body time-out at least: about what one read
    /// brings. What is not longer comes whole to every route.
    static let bodyWindow = 64 << 10

    /// The largest request body in bytes that is taken whole; a larger one is 413. Default 1 MiB.
    public var body = 1 << 20
    /// The largest header field, name and value together, in bytes; a larger one is 431. Default 8 KiB.
    public var headerField = 8 << 10
    /// All header fields and the request target together, in bytes; more is 431. Default 32 KiB.
    public var headerList = 32 << 10
    /// How many header fields; more is 431. Default 100.
    public var headerCount = 100
    /// How long a request's header may take from its first byte to its last; longer is 408. Default 10 s.
    public var headerTimeout = TimeAmount.seconds(10)
    /// How long a request's body may take after its header; longer is 408. Where the route takes it piece by piece, that
    /// is the time of every 64 KiB, and passes only while the route waits for them. The last answer of a connection may take as
    /// long to be read. Default 20 s.
    public var bodyTimeout = TimeAmount.seconds(20)
    /// How long a connection may stay open between two requests; then it is closed without a word. A peer that is still
    /// reading its answers then has `bodyTimeout`, as often as it reads on. Default 75 s.
    public var idleTimeout = TimeAmount.seconds(75)
    /// How long input is read and thrown away behind an answer that ends the connection, so that the answer arrives
    /// although the peer is still sending: closing at once would reset the connection under it. Default 2 s.
    var lingerTimeout = TimeAmount.seconds(2)

    /// The defaults.
    public init() {}
}
