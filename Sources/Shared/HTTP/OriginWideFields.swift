// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Response fields that a browser applies to the whole origin, beyond the response itself: a proxied response must not
/// carry them, since the origin has pages of its own.
public enum OriginWideFields {
    private static let names: Set<String> = [
        "accept-ch", "alt-svc", "clear-site-data", "critical-ch", "expect-ct", "nel", "public-key-pins", "report-to",
        "reporting-endpoints", "service-worker-allowed", "set-cookie", "set-cookie2", "set-login",
        "strict-transport-security", "use-as-dictionary",
    ]

    /// Whether a field is one of them.
    ///
    /// - Parameter name: in lower case.
    public static func contain(_ name: String) -> Bool { self.names.contains(name) }
}
