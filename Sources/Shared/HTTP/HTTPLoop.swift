// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// What the connections of one event loop share. Never leaves its loop.
final class HTTPLoop {
    let router: Router
    let limits: HTTPLimits
    let date = HTTPDate()

    init(router: Router, limits: HTTPLimits) {
        self.router = router
        self.limits = limits
    }
}
