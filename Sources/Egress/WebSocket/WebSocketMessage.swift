// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// A complete message of the peer: unmasked, its fragments joined; text is valid UTF-8.
enum WebSocketMessage: Equatable, Sendable {
    case text(ByteBuffer)
    case binary(ByteBuffer)
}
