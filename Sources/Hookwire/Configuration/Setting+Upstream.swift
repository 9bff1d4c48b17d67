// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Where requests are passed on to.
enum UpstreamSetting: Sendable {
    case none
    case url(String)
}

extension Setting<String> {
    /// The address of an HTTP server, perhaps with a path, without the slash at its end.
    static func httpURL(_ name: String) -> Setting {
        Setting(name: name, expectation: "a URL such as https://relay.example.com, without query and fragment") {
            text in
            HTTPURLText.parse(text)
        }
    }
}

extension Setting<UpstreamSetting> {
    /// An address, or `none`.
    static func upstream(_ name: String) -> Setting {
        Setting(name: name, expectation: "none, or a URL such as https://api.sgroup.qq.com") { text in
            text == "none" ? UpstreamSetting.none : HTTPURLText.parse(text).map { .url($0) }
        }
    }
}

/// Addresses of HTTP servers as people write them.
enum HTTPURLText {
    /// The address without the slashes at its end; nil where it is none, or names a user, a query or a fragment.
    static func parse(_ text: String) -> String? {
        guard let scheme = ["http://", "https://"].first(where: { text.hasPrefix($0) }) else { return nil }
        var text = Substring(text)
        while text.hasSuffix("/") { text.removeLast() }
        guard text.utf8.count > scheme.utf8.count,
            !text.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F || "?#@\"\\<>".utf8.contains($0) }),
            // A host, and a port that there is: the HTTP client ends the process at others.
            WebAddress(String(text)) != nil
        else { return nil }
        return String(text)
    }
}
