// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

extension Router {
    /// Refuses requests of banned or rate-limited addresses before routing, and charges addresses with the failures
    /// that their responses carry.
    ///
    /// - Parameters:
    ///   - paths: literal paths that are exempt.
    ///   - eventLoop: the router's.
    public mutating func guardRoutes(
        except paths: Set<String>,
        by addresses: AddressGuard,
        on eventLoop: any EventLoop
    ) {
        self.wrapRoutes { request, route in
            guard !paths.contains(request.path) else { return route(request) }
            if let refusal = addresses.refusal(of: request) { return refusal }
            return addresses.charge(request, with: route(request), on: eventLoop)
        }
    }
}

extension AddressGuard {
    /// A route's reply, whose failure, if any, is charged to the client's address, now or when the reply completes.
    fileprivate func charge(_ request: HTTPRequest, with reply: HTTPReply, on eventLoop: any EventLoop) -> HTTPReply {
        switch reply {
        case .response(let response):
            guard let failure = response.failure else { return reply }
            return self.refuse(request, with: response, for: failure.bot, on: eventLoop)
        case .eventually(let later):
            return .eventually(later.map { self.charge(request, with: $0, on: eventLoop) })
        case .awaited(let later, let abandoned):
            return .awaited(later.map { self.charge(request, with: $0, on: eventLoop) }, abandoned: abandoned)
        // These cannot carry a failure: the sender of an event that only waits for a store was checked before, and
        // every event would pay for another check.
        case .promptly, .stream, .upgrade:
            return reply
        }
    }
}
