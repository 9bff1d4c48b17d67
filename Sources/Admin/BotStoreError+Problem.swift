// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1
internal import Shared

extension BotStoreError {
    /// The answer that says so.
    var problem: Problem {
        Problem(self.status, reason: self.reason, detail: self.description)
    }

    private var status: HTTPResponseStatus {
        switch self.reason {
        case .unavailable, .missingKey, .wrongKey: .serviceUnavailable
        case .unreadable: .internalServerError
        case .invalid: .badRequest
        case .exists, .conflict, .tooMany, .rotationUnderWay: .conflict
        case .bodyTooLarge: .payloadTooLarge
        case .unknownBot, .unknownToken: .notFound
        }
    }
}
