// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Shared
internal import SystemPackage

/// One address that a node listens on, and what it says where that cannot be.
struct Listener: Sendable {
    /// The name or the address, and the port; 0 takes a free one.
    var host: String
    var port: Int
    var limits: HTTPLimits
    /// What connections are secured with; nil listens for plain HTTP.
    var tls: ServerTLS?
    /// The proxies trusted to report client addresses.
    var proxies = TrustedProxies.none
    /// The flags that set them, to name in errors: `--host`, `--port`.
    var flags: (host: String, port: String)

    /// Begins to listen.
    ///
    /// - Throws: `SettingsError` where the address cannot be used.
    func start(
        group: any EventLoopGroup,
        logger: Logger,
        makeRouter: @escaping HTTPServer.MakeRouter
    ) async throws -> HTTPServer {
        do {
            return try await HTTPServer.start(
                host: self.host,
                port: self.port,
                limits: self.limits,
                tls: self.tls,
                proxies: self.proxies,
                logger: logger,
                group: group,
                makeRouter: makeRouter
            )
        } catch let error as SocketAddressError.UnknownHost {
            throw SettingsError(
                message: "Cannot listen on \(self.host): \(error). "
                    + self.mend(for: .addressNotAvailable)
            )
        } catch let error as IOError {
            // NIO's sentence names its own functions.
            let reason = Errno(rawValue: error.errnoCode)
            throw SettingsError(
                message: "Cannot listen on \(self.host):\(self.port): \(reason). \(self.mend(for: reason))"
            )
        }
    }

    private func mend(for reason: Errno) -> String {
        switch reason {
        case .addressNotAvailable:
            "Give \(self.flags.host) an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all."
        case .permissionDenied:
            "Choose a \(self.flags.port) above 1023, or allow this program lower ones."
        default:
            "Choose another \(self.flags.port), or stop what listens there."
        }
    }

    /// The URL of what listens at an address, without a slash at its end.
    func baseURL(of address: SocketAddress) -> String {
        let scheme = self.tls == nil ? "http" : "https"
        let port = address.port ?? 0
        switch address.ipAddress {
        case "0.0.0.0", "::", nil: return "\(scheme)://localhost:\(port)"
        case .some(let ip): return ip.contains(":") ? "\(scheme)://[\(ip)]:\(port)" : "\(scheme)://\(ip):\(port)"
        }
    }
}
