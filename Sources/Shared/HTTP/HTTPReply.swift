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
    /// The same, where it comes as soon as a store has answered: the connection goes on reading meanwhile, up to one read
    /// that has to wait. To stop and to begin again takes two system calls, which a request of every event would pay.
    case promptly(EventLoopFuture<HTTPReply>)
    /// An answer that somebody else is to make, which may take longer than the peer waits. `abandoned` is called on the
    /// connection's event loop, once at most, where the peer goes or closes its side before the answer is there: an answer
    /// that comes then is still written if the peer can read it.
    case awaited(EventLoopFuture<HTTPReply>, abandoned: @Sendable () -> Void)
    /// The connection changes its protocol, or is left to the answer's own handlers.
    case upgrade(HTTPUpgrade)
}

/// How a connection leaves HTTP: an answer's head, then handlers of another protocol.
public struct HTTPUpgrade: Sendable {
    /// What the head says.
    enum Head: Sendable {
        /// 101: the protocol changes.
        case switchingProtocols
        /// 200: what follows is the answer's body, which ends with the connection.
        case unending
    }

    let head: Head
    /// The header fields of the answer; of a 101 `Upgrade` and `Connection` are among them, of any other answer they are
    /// the connection's.
    public var headers: [(name: String, value: String)]
    /// Adds the protocol's handlers at the pipeline's end. Called on the channel's event loop after the head was written;
    /// the HTTP handlers are taken out right behind it, and bytes that came early arrive as a read.
    public var install: @Sendable (any Channel) throws -> Void

    /// A change of the protocol: the answer 101.
    public init(headers: [(name: String, value: String)], install: @escaping @Sendable (any Channel) throws -> Void) {
        self.init(head: .switchingProtocols, headers: headers, install: install)
    }

    private init(
        head: Head,
        headers: [(name: String, value: String)],
        install: @escaping @Sendable (any Channel) throws -> Void
    ) {
        self.head = head
        self.headers = headers
        self.install = install
    }

    /// An answer 200 whose body has no end but the connection's (RFC 9112, section 6.3), written by handlers of its own:
    /// for what is pushed when it comes, to many peers at once. An answer that is pulled is `HTTPReply.stream`.
    public static func unending(
        headers: [(name: String, value: String)],
        install: @escaping @Sendable (any Channel) throws -> Void
    ) -> HTTPUpgrade {
        HTTPUpgrade(head: .unending, headers: headers, install: install)
    }
}
