// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// How a route answers a request.
public enum HTTPReply: Sendable {
    /// A complete response, available now.
    case response(HTTPResponse)
    /// A response that begins now and whose body is streamed.
    case stream(HTTPStreamedResponse)
    /// A response that completes later, on the connection's event loop; a failed future is answered with 500.
    case eventually(EventLoopFuture<HTTPReply>)
    /// The same, for a response that needs only a store's answer: the connection keeps reading meanwhile, up to one
    /// pending read. Suspending and resuming reads would cost two system calls per event.
    case promptly(EventLoopFuture<HTTPReply>)
    /// A response that another party produces, which may take longer than the peer waits. `abandoned` is called on the
    /// connection's event loop, at most once, if the peer disconnects or closes its side before the response is ready;
    /// a later response is still written if the peer can read it.
    case awaited(EventLoopFuture<HTTPReply>, abandoned: @Sendable () -> Void)
    /// The connection switches to another protocol, or is left to the response's own handlers.
    case upgrade(HTTPUpgrade)
}

/// How a connection leaves HTTP: a response head, then handlers of another protocol.
public struct HTTPUpgrade: Sendable {
    /// The kind of response head.
    enum Head: Sendable {
        /// 101: the protocol changes.
        case switchingProtocols
        /// 200: what follows is the response's body, which ends with the connection.
        case unending
    }

    let head: Head
    /// The response's header fields. A 101 includes `Upgrade` and `Connection`; otherwise the connection adds those it
    /// needs.
    public var headers: [(name: String, value: String)]
    /// Adds the protocol's handlers at the pipeline's end. Called on the channel's event loop after the head was
    /// written; the HTTP handlers are removed right after, and early bytes arrive as a read.
    public var install: @Sendable (any Channel) throws -> Void

    /// A protocol switch: the response 101.
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

    /// A 200 response whose body ends with the connection (RFC 9112, section 6.3), written by its own handlers: for
    /// data pushed to many peers at once. For a pulled body use `HTTPReply.stream`.
    public static func unending(
        headers: [(name: String, value: String)],
        install: @escaping @Sendable (any Channel) throws -> Void
    ) -> HTTPUpgrade {
        HTTPUpgrade(head: .unending, headers: headers, install: install)
    }
}
