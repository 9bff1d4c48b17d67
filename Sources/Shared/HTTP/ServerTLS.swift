// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOSSL
internal import Synchronization

/// A server's TLS context, which may be replaced while it serves: new connections get the new certificate, existing
/// ones keep theirs. Any thread.
public final class ServerTLS: Sendable {
    private let context: Mutex<NIOSSLContext>

    public init(_ context: NIOSSLContext) {
        self.context = Mutex(context)
    }

    /// The context for the next connection.
    public var current: NIOSSLContext {
        self.context.withLock { $0 }
    }

    /// Uses another certificate for connections accepted from now on.
    public func replace(with context: NIOSSLContext) {
        self.context.withLock { $0 = context }
    }
}
