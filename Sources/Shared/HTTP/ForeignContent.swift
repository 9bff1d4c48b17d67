// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Confines a response whose content somebody else wrote: in a browser it stands at the origin of the inspector's page,
/// where secrets are.
public enum ForeignContent {
    /// Stand in every such response: a document runs no script and has an origin of its own (CSP Level 3, "sandbox"), and
    /// bytes are what their type says.
    public static let headers: [(name: String, value: String)] = [
        ("Content-Security-Policy", "sandbox"), ("X-Content-Type-Options", "nosniff"),
    ]

    private static let replacedNames: Set<String> = [
        "content-security-policy", "content-security-policy-report-only", "x-content-type-options",
    ]

    /// Whether a field of the content's author is left out for one of these.
    ///
    /// - Parameter name: in lower case.
    public static func replaces(_ name: String) -> Bool { self.replacedNames.contains(name) }
}
