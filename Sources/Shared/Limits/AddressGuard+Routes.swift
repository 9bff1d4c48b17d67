// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

extension Router {
    /// Has requests of addresses that are banned, or that send too many, refused before their route is looked for, and
    /// charges addresses with what their answers say.
    ///
    /// - Parameters:
    ///   - paths: literal paths that are left out.
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
    /// A route's reply, charged to the request's address where it says so, now or when it is there.
    fileprivate func charge(_ request: HTTPRequest, with reply: HTTPReply, on eventLoop: any EventLoop) -> HTTPReply {
        switch reply {
        case .response(let response):
            guard let failure = response.failure else { return reply }
            return self.refuse(request, with: response, for: failure.bot, on: eventLoop)
        case .eventually(let later):
            return .eventually(later.map { self.charge(request, with: $0, on: eventLoop) })
        case .awaited(let later, let abandoned):
            return .awaited(later.map { self.charge(request, with: $0, on: eventLoop) }, abandoned: abandoned)
        // What a store says of an event whose sender was judged before; every event would pay for the look.
        case .promptly, .stream, .upgrade:
            return reply
        }
    }
}
