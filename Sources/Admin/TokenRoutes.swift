// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// A bot's tokens.
///
/// | route | |
/// |---|---|
/// | `POST /api/bots/{name}/tokens` | `{"name": LABEL, "scopes": ["receive"], "expires": "90d"}`; answers with the token, once |
/// | `DELETE /api/bots/{name}/tokens/{token}` | revokes one; whoever is connected by it is disconnected |
struct TokenRoutes {
    private static let longest = TimeAmount.hours(24 * 3_660)

    let desk: AdminDesk

    func addRoutes(to router: inout Router) {
        router.on(.POST, "/api/bots/{name}/tokens") { request in
            self.desk.answer(request) { (r) throws(AdminRefusal) in try self.add(r) }
        }
        router.on(.DELETE, "/api/bots/{name}/tokens/{token}") { request in
            self.desk.answer(request) { (r) throws(AdminRefusal) in try self.revoke(r) }
        }
    }

    private func add(_ request: HTTPRequest) throws(AdminRefusal) -> HTTPReply {
        let name = try AdminDesk.name(of: request)
        do throws(BotStoreError) {
            let (secret, token) = try self.make(in: request.body)
            let action = BotAction(.addToken, by: AdminDesk.actor(of: request), subject: token.label.text)
            return self.desk.change(name, action, BotChange.add(token)) { _ in
                var writer = JSONObjectWriter()
                writer.member("name", token.label.text)
                writer.member("token", secret.exposeText())
                return .uncached(writer.finish(), status: .created)
            }
        } catch {
            return .response(error.problem.response)
        }
    }

    private func make(in body: ByteBuffer) throws(BotStoreError) -> (Secret, SocketToken) {
        let body = try AdminBody(body, members: ["name", "scopes", "expires"])
        guard let label = BotName(try body.need("name")) else { throw body.wrong("name", BotName.rule) }
        var scopes: Set<TokenScope> = []
        for text in try body.texts("scopes") ?? ["receive", "reply"] {
            guard let scope = TokenScope(rawValue: text) else {
                throw body.wrong("scopes", "some of " + TokenScope.allCases.map(\.rawValue).joined(separator: ", "))
            }
            scopes.insert(scope)
        }
        guard !scopes.isEmpty else { throw body.wrong("scopes", "at least one") }
        var expiry: Int64?
        if let text = try body.text("expires") {
            let now = self.desk.now()
            // Whole seconds, as the registry keeps them.
            expiry = DurationText.parse(text).map {
                (now / 1_000 + min($0, Self.longest).nanoseconds / 1_000_000_000) * 1_000
            }
            expiry = expiry ?? UTCTimeText.parse(text)
            guard let expiry, expiry > now else {
                throw body.wrong(
                    "expires",
                    "a time from now, such as \"90d\", or a day to come, such as \"2099-01-31\""
                )
            }
        }
        let (secret, hash) = TokenHash.makeToken()
        return (secret, SocketToken(label: label, hash: hash, scopes: scopes, expiry: expiry))
    }

    private func revoke(_ request: HTTPRequest) throws(AdminRefusal) -> HTTPReply {
        let name = try AdminDesk.name(of: request)
        guard let label = request.parameters["token"].flatMap({ BotName($0) }) else { throw .badName }
        let action = BotAction(.revokeToken, by: AdminDesk.actor(of: request), subject: label.text)
        return self.desk.change(name, action, BotChange.revokeToken(label)) { _ in HTTPResponse(status: .noContent) }
    }
}
