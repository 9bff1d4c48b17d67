// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// Another secret for a bot.
///
/// | route | |
/// |---|---|
/// | `POST /api/bots/{name}/rotation` | `{"secret": NEW}`; the one before holds until the rotation ends |
/// | `DELETE /api/bots/{name}/rotation` | ends it |
///
/// There are two secrets at most: a second rotation is refused while one is in progress, except with `"replace": true`.
struct RotationRoutes {
    let desk: AdminDesk

    func addRoutes(to router: inout Router) {
        router.on(.POST, "/api/bots/{name}/rotation") { request in
            self.desk.answer(request) { (r) throws(AdminRefusal) in try self.begin(r) }
        }
        router.on(.DELETE, "/api/bots/{name}/rotation") { request in
            self.desk.answer(request) { (r) throws(AdminRefusal) in try self.end(r) }
        }
    }

    private func begin(_ request: HTTPRequest) throws(AdminRefusal) -> HTTPReply {
        let name = try AdminDesk.name(of: request)
        do throws(BotStoreError) {
            let body = try AdminBody(request.body, members: ["secret", "replace"])
            let secret = try BotBody.platformSecret(body)
            let replacing = try body.truth("replace") ?? false
            return self.change(name, .rotate, request, BotChange.rotate(to: secret, replacing: replacing))
        } catch {
            return .response(error.problem.response)
        }
    }

    private func end(_ request: HTTPRequest) throws(AdminRefusal) -> HTTPReply {
        self.change(try AdminDesk.name(of: request), .endRotation, request, BotChange.endRotation())
    }

    private func change(
        _ name: BotName,
        _ kind: BotAction.Kind,
        _ request: HTTPRequest,
        _ change: @escaping @Sendable (Bot?, BotDirectory) throws(BotStoreError) -> Bot?
    ) -> HTTPReply {
        let now = self.desk.now()
        return self.desk.change(name, BotAction(kind, by: AdminDesk.actor(of: request)), change) { bot in
            bot.map { .uncached(BotDescription.json($0, now: now)) } ?? HTTPResponse(status: .noContent)
        }
    }
}
