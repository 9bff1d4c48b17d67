// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1
internal import Shared

/// The target of a proxied request.
enum QQTarget {
    /// The path and the query as encoded; characters not allowed unencoded, which clients may send, are encoded, so
    /// that the target is the same for both HTTP clients.
    ///
    /// - Parameter path: beginning with a slash.
    /// - Throws: `badTarget` if the path would escape the configured base path, or the method requests a tunnel.
    static func make(_ method: HTTPMethod, path: String, query: Substring) throws(QQRefusal) -> String {
        guard method != .CONNECT, !self.leadsOut(path) else { throw .badTarget }
        return PercentEncoding.encodeForbidden(query.isEmpty ? path : "\(path)?\(query)")
    }

    /// Whether the path has more `..` than preceding segments to remove (RFC 3986, section 5.2.4). Some servers also
    /// treat encoded dots and slashes so, and some merge slashes, so that every doubt counts against the path.
    private static func leadsOut(_ path: String) -> Bool {
        var depth = 0
        for segment in path.split(separator: "/") {
            let decoded = PercentEncoding.decode(segment) ?? String(segment)
            let parts = decoded.split { $0 == "/" || $0 == "\\" }.filter { $0 != "." }
            depth -= parts.count { $0 == ".." }
            guard depth >= 0 else { return true }
            if parts.contains(where: { $0 != ".." }) { depth += 1 }
        }
        return false
    }
}
