// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import NIOCore
internal import NIOPosix

/// Asks the system's resolver.
enum NameLookup {
    /// The addresses of a host, IPv4 first, each once.
    static func addresses(of host: String) async throws(NameFailure) -> [String] {
        do {
            return try await NIOThreadPool.singleton.runIfActive { try self.resolve(host) }
        } catch let failure as NameFailure {
            throw failure
        } catch {
            throw .unanswered("\(error)")
        }
    }

    private static func resolve(_ host: String) throws(NameFailure) -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &list)
        guard status == 0 else {
            let isUnknown = status == EAI_NONAME || status == self.noData
            throw isUnknown ? .unknown : .unanswered(String(cString: gai_strerror(status)))
        }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var next = list
        while let entry = next?.pointee {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let length = socklen_t(text.count)
            if getnameinfo(entry.ai_addr, entry.ai_addrlen, &text, length, nil, 0, NI_NUMERICHOST) == 0 {
                let address = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                if !addresses.contains(address) { addresses.append(address) }
            }
            next = entry.ai_next
        }
        guard !addresses.isEmpty else { throw .unknown }
        return addresses.filter { !$0.contains(":") } + addresses.filter { $0.contains(":") }
    }

    /// `EAI_NODATA` of glibc, which Swift does not see: the name has no address.
    private static let noData: Int32 = -5
}
