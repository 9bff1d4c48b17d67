// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Why an admitted client must be disconnected.
package enum AccessLoss {
    /// It may reconnect: the bot's channel or its token's scopes have changed.
    case accessChanged
    /// Its credential is no longer valid.
    case revoked

    /// Nil if the client may stay.
    init?(_ standing: Access.Standing) {
        switch standing {
        case .holds: return nil
        case .changed: self = .accessChanged
        case .revoked: self = .revoked
        }
    }

    /// The corresponding reason of a socket's end.
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
