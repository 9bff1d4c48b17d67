// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Lets in who has the admin token, and makes guessing it slow. Belongs to one event loop.
final class AdminGate {
    /// So many wrong tokens are answered at once; behind them, one a second, whoever sends them: the listener is the
    /// operator's alone.
    private static let patience = 20

    private let token: Secret
    private var failures = 0
    private var lastFailure = NIODeadline.uptimeNanoseconds(0)

    init(token: Secret) {
        self.token = token
    }

    /// Checks `Authorization: Bearer`, or a token that came another way.
    ///
    /// - Parameter token: nil where the request has none.
    func check(_ token: Secret?, now: NIODeadline) throws(AdminRefusal) {
        guard let token else { throw .missingToken }
        self.failures = max(0, self.failures - Int((now - self.lastFailure).nanoseconds / 1_000_000_000))
        guard self.failures < Self.patience else { throw .tooManyFailures }
        guard token == self.token else {
            self.failures += 1
            self.lastFailure = now
            throw .wrongToken
        }
    }
}
