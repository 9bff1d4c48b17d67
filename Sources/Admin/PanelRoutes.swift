// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// The API of the existing QQ relays' panel, for scripts that were written for it: `POST /admin/api?token=ADMIN-TOKEN` with
/// `{"action": "create_secret" | "delete_secret" | "is_secrets", "secret": S}`, answered as they do.
///
/// A bot that is made so has the name `panel-` and digits of its channel, and needs the token that the answer holds beside
/// its secret, as there.
struct PanelRoutes {
    private static let tokenLabel = "panel"

    /// The response's content; `code` is 200 or 201, as in the panel's API.
    private struct Answer {
        var isDone: Bool
        var message: String
        var token: Secret?

        var response: HTTPResponse {
            var writer = JSONObjectWriter()
            writer.member("status", self.isDone)
            writer.member("code", self.isDone ? 200 : 201)
            writer.member("msg", self.message)
            if let token { writer.member("token", token.exposeText()) }
            return .uncached(writer.finish())
        }
    }

    let desk: AdminDesk

    func addRoutes(to router: inout Router) {
        router.on(.POST, "/admin/api") { request in
            let token = (request.query["token"] ?? request.bearerToken).map { Secret($0) }
            return self.desk.answer(request, token: token) { (r) throws(AdminRefusal) in try self.act(r) }
        }
    }

    private func act(_ request: HTTPRequest) throws(AdminRefusal) -> HTTPReply {
        let directory = try self.desk.directory()
        do throws(BotStoreError) {
            let body = try AdminBody(request.body, members: ["action", "secret"])
            let action = try body.need("action")
            let secret = Secret(try body.need("secret"))
            switch action {
            case "create_secret":
                return try self.create(secret, request)
            case "delete_secret":
                guard let bot = directory.bot(of: secret) else {
                    return .response(Answer(isDone: false, message: "不存在 (no bot has this secret)").response)
                }
                return self.delete(secret, of: bot, request)
            case "is_secrets":
                let isKnown = directory.bot(of: secret) != nil
                return .response(
                    Answer(isDone: isKnown, message: isKnown ? "存在 (it exists)" : "不存在 (it does not exist)").response
                )
            default:
                throw body.wrong("action", "create_secret, delete_secret or is_secrets")
            }
        } catch {
            return .response(Answer(isDone: false, message: error.description).response)
        }
    }

    /// Takes a secret away: the bot with it, but for the one before during a rotation.
    private func delete(_ secret: Secret, of bot: Bot, _ request: HTTPRequest) -> HTTPReply {
        let isCurrent = bot.secret == secret
        let change = isCurrent ? BotChange.remove() : BotChange.endRotation()
        return self.panel(
            bot.name,
            isCurrent ? .remove : .endRotation,
            request,
            { (old, directory) throws(BotStoreError) in
                // The bot may have got another secret since this node has read it.
                if let old, secret != (isCurrent ? old.secret : old.previousSecret) {
                    throw BotStoreError(.conflict, "The bot has been changed meanwhile; try again.")
                }
                return try change(old, directory)
            },
            token: nil
        )
    }

    private func create(_ secret: Secret, _ request: HTTPRequest) throws(BotStoreError) -> HTTPReply {
        guard let name = BotName("panel-\(ChannelID(secret: secret).description.prefix(12))"),
            let label = BotName(Self.tokenLabel)
        else { throw BotStoreError(.invalid, "The bot cannot be named.") }
        if let fault = BotRule.fault(ofSecret: secret) { throw BotStoreError(.invalid, "The secret \(fault)") }
        let (token, hash) = TokenHash.makeToken()
        var bot = Bot(name: name, platform: .qq, secret: secret)
        bot.needsToken = true
        bot.tokens = [SocketToken(label: label, hash: hash, scopes: [.receive, .reply])]
        return self.panel(name, .add, request, BotChange.add(bot), token: token)
    }

    /// Makes a change and answers in the panel's words.
    private func panel(
        _ name: BotName,
        _ kind: BotAction.Kind,
        _ request: HTTPRequest,
        _ change: @escaping @Sendable (Bot?, BotDirectory) throws(BotStoreError) -> Bot?,
        token: Secret?
    ) -> HTTPReply {
        self.desk.change(
            name,
            BotAction(kind, by: AdminDesk.actor(of: request)),
            change,
            failure: { Answer(isDone: false, message: $0.description).response },
            answer: { _ in Answer(isDone: true, message: "成功 (done)", token: token).response }
        )
    }
}
