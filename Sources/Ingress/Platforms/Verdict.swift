// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// What a request turned out to be.
enum Verdict {
    /// An event to publish.
    case publish(Publishing)
    /// No event; this is the answer: a handshake, a heartbeat.
    case answer(HTTPResponse)
    /// Nothing that may be published.
    case refuse(Problem)
}
