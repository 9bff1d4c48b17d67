// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared

@testable import Ingress

extension Platform {
    /// Judges a request of a bot that is not registered.
    func receive(_ request: HTTPRequest) -> Verdict {
        self.receive(request, WebhookSettings())
    }
}
