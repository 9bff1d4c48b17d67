// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1
internal import Shared

/// What a request that is passed on asks the platform for.
enum QQTarget {
    /// The path and the query, as they were encoded; what cannot stand there unencoded, though clients send it, is encoded,
    /// so that it arrives the same however the body travels.
    ///
    /// - Parameter path: beginning with a slash.
    /// - Throws: `badTarget` where the path would lead out of the configured address, or the method asks for a tunnel.
    static func make(_ method: HTTPMethod, path: String, query: Substring) throws(QQRefusal) -> String {
        guard method != .CONNECT, !self.leadsOut(path) else { throw .badTarget }
        return PercentEncoding.encodeForbidden(query.isEmpty ? path : "\(path)?\(query)")
    }

    /// Whether the path has more `..` than segments before them, which servers take away together (RFC 3986, section
    /// 5.2.4). Some do so also where the dots or the slashes are encoded, and some make one slash of many, so that every
    /// doubt counts against the path.
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
