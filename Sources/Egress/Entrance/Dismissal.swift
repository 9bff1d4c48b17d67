// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Why somebody has to leave who was let in.
package enum Dismissal {
    /// It may come in again, where the bot's events go now, or for what its token is good for now.
    case accessChanged
    /// What it was let in by is good for nothing any more.
    case revoked

    /// Nil for who may stay.
    init?(_ standing: Access.Standing) {
        switch standing {
        case .holds: return nil
        case .changed: self = .accessChanged
        case .revoked: self = .revoked
        }
    }

    /// What a socket's end is called.
    var endReason: SocketEndReason {
        switch self {
        case .accessChanged: .accessChanged
        case .revoked: .revoked
        }
    }

    /// For the author of the client, at most 123 bytes.
    var explanation: String {
        switch self {
        case .accessChanged: "the bot's access has changed; connect again"
        case .revoked: "revoked"
        }
    }
}
