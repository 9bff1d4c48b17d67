// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// What a route answers a request with.
public enum HTTPReply: Sendable {
    /// An answer that is there.
    case response(HTTPResponse)
    /// An answer that begins now and whose body comes piece by piece.
    case stream(HTTPStreamedResponse)
    /// An answer that comes later, on the connection's event loop; a failure is answered with 500.
    case eventually(EventLoopFuture<HTTPReply>)
    /// An answer that somebody else is to make, which may take longer than the peer waits. `abandoned` is called on the
    /// connection's event loop, once at most, where the peer goes or closes its side before the answer is there: an answer
    /// that comes then is still written if the peer can read it.
    case awaited(EventLoopFuture<HTTPReply>, abandoned: @Sendable () -> Void)
    /// The connection changes its protocol.
    case upgrade(HTTPUpgrade)
}

/// How a connection leaves HTTP: the answer 101, then handlers of another protocol.
public struct HTTPUpgrade: Sendable {
    /// The header fields of the 101 answer, `Upgrade` and `Connection` among them.
    public var headers: [(name: String, value: String)]
    /// Adds the protocol's handlers at the pipeline's end. Called on the channel's event loop after the 101 was written;
    /// the HTTP handlers are taken out right behind it, and bytes that came early arrive as a read.
    public var install: @Sendable (any Channel) throws -> Void

    /// An upgrade from its parts.
    public init(headers: [(name: String, value: String)], install: @escaping @Sendable (any Channel) throws -> Void) {
        self.headers = headers
        self.install = install
    }
}
