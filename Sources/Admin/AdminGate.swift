// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Authenticates requests by the admin token. Confined to one event loop.
///
/// The right token always opens: a page or a program that floods the listener with wrong ones, even from the operator's own
/// machine, must not lock the operator out. A token cannot be guessed, having 16 characters at least; answering fewer wrong
/// ones in words keeps the log readable.
final class AdminGate {
    /// A burst of this many requests with a wrong token, and of this many with none, is answered and logged one by one;
    /// after that, one per second.
    private static let patience = 20

    private let token: Secret
    private var wrong = TokenBucket(capacity: AdminGate.patience, perSecond: 1, now: .now())
    private var missing = TokenBucket(capacity: AdminGate.patience, perSecond: 1, now: .now())

    init(token: Secret) {
        self.token = token
    }

    /// Checks `Authorization: Bearer`, or a token that came another way.
    ///
    /// - Parameter token: nil where the request has none.
    func check(_ token: Secret?, now: NIODeadline) throws(AdminRefusal) {
        guard let token else { throw self.missing.take(now: now) ? .missingToken : .tooManyFailures }
        guard token != self.token else { return }
        throw self.wrong.take(now: now) ? .wrongToken : .tooManyFailures
    }
}
