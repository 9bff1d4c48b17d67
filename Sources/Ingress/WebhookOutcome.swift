// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// The outcome of a webhook request that was neither refused nor failed; also a metric label.
enum WebhookOutcome: String, CaseIterable {
    /// Its event is in the log.
    case stored
    /// Its event was there already.
    case duplicate
    /// It was answered and was no event.
    case answered

    init(_ publication: Publication) {
        switch publication {
        case .stored: self = .stored
        case .duplicate: self = .duplicate
        }
    }
}
