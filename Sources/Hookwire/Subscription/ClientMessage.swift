// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// What a client says on an envelope socket (docs/envelope.md).
enum ClientMessage {
    /// How far is the client?
    static func ping() -> [UInt8] {
        var object = JSONObjectWriter()
        object.member("type", "ping")
        return object.finish()
    }

    /// Everything up to a position is done with.
    static func acknowledgement(of position: Position) -> [UInt8] {
        var object = JSONObjectWriter()
        object.member("type", "ack")
        object.member("position", position.description)
        return object.finish()
    }
}
