// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The header fields of the relay's own pages.
public enum PagePolicy {
    /// Same-origin files only: no inline scripts or styles, no frames, no forms, no third-party content, and no way for
    /// text to become markup.
    public static let content = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:",
        "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ].joined(separator: "; ")

    /// The policy, and the fields that keep the URL and the page from other origins.
    public static let headers: [(name: String, value: String)] = [
        ("Content-Security-Policy", Self.content),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ]
}
