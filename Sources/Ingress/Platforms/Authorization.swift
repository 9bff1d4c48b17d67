// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1
internal import Shared

/// The secret that a request's `Authorization` field carries.
enum Authorization {
    /// The token of `Bearer` (RFC 6750, section 2.1) or the password of `Basic` (RFC 7617).
    ///
    /// - Returns: nil where there is no such field or there are several, where it is of another scheme, or is malformed.
    static func secret(in headers: HTTPHeaders) -> Secret? {
        guard case .value(let value) = headers.single("authorization") else { return nil }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        let credentials = parts[1].drop { $0 == " " }
        let text: String? =
            switch parts[0].lowercased() {
            case "bearer": String(credentials)
            case "basic": Self.password(credentials)
            default: nil
            }
        return text.flatMap { $0.isEmpty ? nil : Secret($0) }
    }

    private static func password(_ credentials: Substring) -> String? {
        guard let bytes = Base64.decode(credentials), let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else {
            return nil
        }
        return String(validating: bytes[(colon + 1)...], as: UTF8.self)
    }
}
