// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// An answer to the opening handshake of a socket that opens none.
struct HandshakeRefusal: Equatable, Sendable {
    /// 0 if the response is not HTTP, or opens a socket of another service.
    var status: Int
    /// Why, for a person.
    var detail: String
    /// The relay's own word for it; nil where it is no relay that says so, which explains each of its refusals in the
    /// same form.
    var reason: String?
    /// When to come back, where it says so.
    var retryAfter: TimeAmount?

    /// Something else than a relay has answered.
    static let foreign = HandshakeRefusal(
        status: 0,
        detail: "what answers there is no Hookwire relay"
    )

    /// Whether a relay says so.
    var isRelays: Bool { self.reason != nil }

    /// Whether a relay knows nothing that is opened by what the client has shown.
    var meansUnknownCredential: Bool { self.status == 404 && self.reason == Problem.notFound.reason }

    /// Statuses of a relay's that will be the same the next time.
    private static let lasting: Set<Int> = [400, 401, 403, 409, 410]

    /// Whether it may be gone when the client comes again.
    ///
    /// - Parameter wasOpen: whether the relay took this client before. Then only its own word is final: what a proxy, a
    ///   portal of a hotel's or an address that is another's for a moment answers in its place says nothing of it.
    func mayPass(wasOpen: Bool) -> Bool {
        guard wasOpen else { return self.status >= 500 || self.status == 408 || self.status == 429 }
        return !(self.isRelays && Self.lasting.contains(self.status))
    }

    /// In a few words.
    var text: String { self.status == 0 ? self.detail : "\(self.status): \(self.detail)" }
}
