// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// The decision on a request.
enum Verdict {
    /// An event to publish.
    case publish(Publishing)
    /// Not an event; the response to a handshake or heartbeat.
    case answer(HTTPResponse)
    /// Refused.
    case refuse(Problem)
}
