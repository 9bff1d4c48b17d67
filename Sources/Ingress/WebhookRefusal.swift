// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Why a request is refused, whichever platform it is from. The raw value is the problem's reason; counted, a label.
enum WebhookRefusal: String {
    /// Its path names an unknown platform.
    case unknownPlatform = "unknown_platform"
    /// A browser would use its response as a service worker script.
    case serviceWorker = "service_worker"
    /// Its platform uses another method.
    case methodNotAllowed = "method_not_allowed"

    /// How to fix a URL meant for another platform's path.
    static let pathHint =
        "This is QQ's path: others are /webhook/wechat, /webhook/messenger, /webhook/dialogflow and /webhook/generic."
}
