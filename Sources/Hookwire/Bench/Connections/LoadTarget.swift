// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Where load goes: a URL in which `{secret}` stands for a bot's secret.
struct LoadTarget: Sendable, Equatable {
    /// What speaks there.
    enum Scheme: String, Sendable {
        case http
        case ws
    }

    /// As it was given.
    let template: String
    let host: String
    let port: Int
    private let pathTemplate: String

    /// Reads `http://127.0.0.1:8080/webhook?secret={secret}`.
    init(_ template: String, scheme: Scheme) throws(SettingsError) {
        let prefix = scheme.rawValue + "://"
        let example =
            scheme == .http ? "http://127.0.0.1:8080/webhook?secret={secret}" : "ws://127.0.0.1:8080/ws?secret={secret}"
        let refusal = SettingsError(message: "\"\(template)\" must be an address such as \(example).")
        guard !template.hasPrefix(scheme.rawValue + "s://") else {
            throw SettingsError(
                message: "\"\(template)\" asks for TLS, which the generator does not speak. Load the server without "
                    + "what terminates TLS: \(prefix)…"
            )
        }
        guard template.hasPrefix(prefix),
            template.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") })
        else { throw refusal }
        let rest = template.dropFirst(prefix.count)
        let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        guard let (host, port) = WebAddress.hostAndPort(rest[..<authorityEnd]) else { throw refusal }
        let path = rest[authorityEnd...]
        self.template = template
        self.host = host
        self.port = port ?? 80
        self.pathTemplate = path.hasPrefix("/") ? String(path) : "/" + path
    }

    /// What the `Host` field says.
    var authority: String {
        (self.host.contains(":") ? "[\(self.host)]" : self.host) + ":\(self.port)"
    }

    /// Path and query for a bot.
    func path(secret: String) -> String {
        var path = ""
        var rest = self.pathTemplate[...]
        while let place = rest.firstRange(of: "{secret}") {
            path += rest[..<place.lowerBound] + secret
            rest = rest[place.upperBound...]
        }
        return path + rest
    }

    /// Whether the host is certain to be this machine: a loopback address or `localhost`, not any name.
    var isLoopback: Bool {
        guard let address = try? SocketAddress(ipAddress: self.host, port: 0) else { return self.host == "localhost" }
        switch address {
        case .v4: return address.ipAddress?.hasPrefix("127.") ?? false
        case .v6: return address.ipAddress == "::1"
        case .unixDomainSocket: return false
        }
    }
}
