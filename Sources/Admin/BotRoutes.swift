// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// The registered bots.
///
/// | route | |
/// |---|---|
/// | `GET /api/bots?after=NAME&limit=50` | a page of them, by name, with their traffic |
/// | `POST /api/bots` | adds one |
/// | `GET /api/bots/{name}` | one, and who is connected |
/// | `PATCH /api/bots/{name}` | changes what the body names |
/// | `DELETE /api/bots/{name}` | removes one; its sockets are closed |
struct BotRoutes {
    private static let pageLimits = 1...200

    let desk: AdminDesk
    let overview: BotOverview

    func addRoutes(to router: inout Router) {
        router.on(.GET, "/api/bots") { request in
            self.desk.answer(request) { (r) throws(AdminRefusal) in try self.list(r) }
        }
        router.on(.POST, "/api/bots") { request in self.desk.answer(request) { (r) throws(AdminRefusal) in self.add(r) }
        }
        router.on(.GET, "/api/bots/{name}") { request in
            self.desk.answer(request) { (r) throws(AdminRefusal) in try self.show(r) }
        }
        router.on(.PATCH, "/api/bots/{name}") { request in
            self.desk.answer(request) { (r) throws(AdminRefusal) in try self.edit(r) }
        }
        router.on(.DELETE, "/api/bots/{name}") { request in
            self.desk.answer(request) { (r) throws(AdminRefusal) in try self.remove(r) }
        }
    }

    private func list(_ request: HTTPRequest) throws(AdminRefusal) -> HTTPReply {
        let directory = try self.desk.directory()
        let after = request.query["after"] ?? ""
        let limit = request.query["limit"].flatMap { Int($0) }.map { $0.clamped(to: Self.pageLimits) } ?? 50
        let names = directory.bots.keys.sorted().drop { $0.text <= after }
        let page = names.prefix(limit).compactMap { directory.bots[$0] }
        let isLast = names.count <= limit
        let now = self.desk.now()
        return .eventually(
            self.overview.status(of: page, on: self.desk.eventLoop).map { status in
                var writer = JSONObjectWriter()
                let bots = zip(page, status).map { BotDescription.json($0, now: now, status: $1?.json) }
                writer.member("bots", json: JSONWriter.array(bots))
                writer.member("total", directory.bots.count)
                if !isLast, let last = page.last { writer.member("next", last.name.text) }
                return .response(.uncached(writer.finish()))
            }
        )
    }

    private func show(_ request: HTTPRequest) throws(AdminRefusal) -> HTTPReply {
        let name = try AdminDesk.name(of: request)
        guard let bot = try self.desk.directory().bot(named: name) else {
            return .response(BotStoreError(.unknownBot, "There is no bot of this name.").problem.response)
        }
        let now = self.desk.now()
        return .eventually(
            self.overview.status(of: [bot], on: self.desk.eventLoop).map { status in
                .response(.uncached(BotDescription.json(bot, now: now, status: status.first.flatMap { $0 }?.json)))
            }
        )
    }

    private func add(_ request: HTTPRequest) -> HTTPReply {
        do throws(BotStoreError) {
            let bot = try BotBody.bot(in: request.body)
            let now = self.desk.now()
            return self.desk.change(
                bot.name,
                BotAction(.add, by: AdminDesk.actor(of: request)),
                BotChange.add(bot)
            ) { added in .uncached(BotDescription.json(added ?? bot, now: now), status: .created) }
        } catch {
            return .response(error.problem.response)
        }
    }

    private func edit(_ request: HTTPRequest) throws(AdminRefusal) -> HTTPReply {
        let name = try AdminDesk.name(of: request)
        do throws(BotStoreError) {
            let change = try BotBody.change(in: request.body)
            let now = self.desk.now()
            return self.desk.change(name, BotAction(.change, by: AdminDesk.actor(of: request)), change) { bot in
                bot.map { .uncached(BotDescription.json($0, now: now)) } ?? HTTPResponse(status: .noContent)
            }
        } catch {
            return .response(error.problem.response)
        }
    }

    private func remove(_ request: HTTPRequest) throws(AdminRefusal) -> HTTPReply {
        self.desk.change(
            try AdminDesk.name(of: request),
            BotAction(.remove, by: AdminDesk.actor(of: request)),
            BotChange.remove()
        ) { _ in HTTPResponse(status: .noContent) }
    }
}

extension Int {
    fileprivate func clamped(to range: ClosedRange<Int>) -> Int {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
