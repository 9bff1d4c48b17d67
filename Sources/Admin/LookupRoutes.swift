// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// `POST /api/lookup`: `{"secret": S}` answers with the name of the bot that has the secret, or 404.
struct LookupRoutes {
    let desk: AdminDesk

    func addRoutes(to router: inout Router) {
        router.on(.POST, "/api/lookup") { request in
            self.desk.answer(request) { (r) throws(AdminRefusal) in try self.find(r) }
        }
    }

    private func find(_ request: HTTPRequest) throws(AdminRefusal) -> HTTPReply {
        let directory = try self.desk.directory()
        do throws(BotStoreError) {
            let secret = Secret(try AdminBody(request.body, members: ["secret"]).need("secret"))
            guard let bot = directory.bot(of: secret) else {
                throw BotStoreError(.unknownBot, "No bot has this secret.")
            }
            var writer = JSONObjectWriter()
            writer.member("name", bot.name.text)
            return .response(.uncached(writer.finish()))
        } catch {
            return .response(error.problem.response)
        }
    }
}
