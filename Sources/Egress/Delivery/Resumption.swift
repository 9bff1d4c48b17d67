// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

extension DeliveryStateMachine.Resumption {
    /// What a client's query says: `after=` and a position, or nothing. A developer wrote it, and is told what is wrong.
    init?(query: QueryParameters) throws(SocketRefusal) {
        guard let text = query["after"], !text.isEmpty else { return nil }
        guard let position = Position(text) else { throw .badPosition }
        self = .after(position)
    }
}
