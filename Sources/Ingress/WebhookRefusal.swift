// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Why a request is refused, whichever platform it is from. The raw value is the problem's reason; counted, a label.
enum WebhookRefusal: String {
    /// Its path names a platform that there is not.
    case unknownPlatform = "unknown_platform"
    /// A browser would make a service worker's script of its answer.
    case serviceWorker = "service_worker"
}
