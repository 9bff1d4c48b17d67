// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// The token in an Identify or an `Authorization` field, in all forms in use.
enum GatewayToken {
    /// The token in `QQBot TOKEN`, `Bot APPID.TOKEN` (the old form), `Bearer TOKEN` or `TOKEN`; nil if it is empty or
    /// too long.
    static func parse(_ text: String) -> Secret? {
        guard text.utf8.count <= GatewayProtocol.tokenLimit else { return nil }
        var token = Substring(text)
        if let space = text.firstIndex(of: " ") {
            let scheme = text[..<space].lowercased()
            guard ["qqbot", "bot", "bearer"].contains(scheme) else { return nil }
            token = text[text.index(after: space)...].drop { $0 == " " }
            if scheme == "bot", let dot = token.firstIndex(of: ".") {
                token = token[token.index(after: dot)...]
            }
        }
        return token.isEmpty ? nil : Secret(String(token))
    }
}
