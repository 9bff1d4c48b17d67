// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Lets in who has the admin token. Belongs to one event loop.
///
/// The right token always opens: a page or a program that floods the listener with wrong ones, even from the operator's own
/// machine, must not lock the operator out. A token cannot be guessed, having 16 characters at least; answering fewer wrong
/// ones in words keeps the log readable.
final class AdminGate {
    /// So many wrong tokens in a row are answered and logged one by one, and so many requests without any; behind them, one a
    /// second.
    private static let patience = 20

    private let token: Secret
    private var wrong = Failures()
    private var missing = Failures()

    /// Failures of one kind, of which a second forgives one.
    private struct Failures {
        private var count = 0
        private var last = NIODeadline.uptimeNanoseconds(0)

        /// Counts one more; false where there have been too many.
        mutating func count(now: NIODeadline) -> Bool {
            let forgiven = (now - self.last).nanoseconds / 1_000_000_000
            self.count = max(0, self.count - Int(clamping: forgiven))
            guard self.count < AdminGate.patience else { return false }
            self.count += 1
            self.last = now
            return true
        }
    }

    init(token: Secret) {
        self.token = token
    }

    /// Checks `Authorization: Bearer`, or a token that came another way.
    ///
    /// - Parameter token: nil where the request has none.
    func check(_ token: Secret?, now: NIODeadline) throws(AdminRefusal) {
        guard let token else { throw self.missing.count(now: now) ? .missingToken : .tooManyFailures }
        guard token != self.token else { return }
        throw self.wrong.count(now: now) ? .wrongToken : .tooManyFailures
    }
}
