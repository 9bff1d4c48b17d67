// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOSSL
internal import Synchronization

/// What a server secures its connections with, and may be given anew while it serves: connections that come from then on
/// have the new certificate, those that are there go on with theirs. Any thread.
public final class ServerTLS: Sendable {
    private let context: Mutex<NIOSSLContext>

    public init(_ context: NIOSSLContext) {
        self.context = Mutex(context)
    }

    /// What the next connection is secured with.
    public var current: NIOSSLContext {
        self.context.withLock { $0 }
    }

    /// Secures what connects from now on with another certificate.
    public func replace(with context: NIOSSLContext) {
        self.context.withLock { $0 = context }
    }
}
