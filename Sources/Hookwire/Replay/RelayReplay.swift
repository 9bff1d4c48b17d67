// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// Has the relay publish a retained event again (`POST /replay`), behind all others.
struct RelayReplay {
    let client: RelayClient
    let key: RelayKey
    /// The consumer whose sockets get it; nil for all.
    let consumer: String?

    enum Outcome: Equatable {
        case published(String)
        case refused(String)
    }

    private static let names = JSONMemberNames("position")

    /// - Parameter body: in place of the event's own.
    func send(_ position: Position, body: ByteBuffer?) async throws(RelayClient.Unreachable) -> Outcome {
        var request = JSONObjectWriter()
        request.member("position", position.description)
        if let body {
            if let text = String(validating: body.readableBytesView, as: UTF8.self) {
                request.member("body", text)
            } else {
                request.member("body_base64", body.withUnsafeReadableBytes { Base64.encode($0) })
            }
        }
        if let consumer { request.member("consumer", consumer) }
        let answer = try await self.client.send(
            .POST,
            self.key.target("/replay"),
            headers: [self.key.field, ("Content-Type", "application/json")],
            body: ByteBuffer(bytes: request.finish())
        )
        guard answer.status == .ok else {
            return .refused(answer.refusal)
        }
        let published = answer.body.withUnsafeReadableBytes { bytes in
            (try? JSONObjectView(validating: bytes, members: Self.names))?["position"]?.string
        }
        return published.map { .published($0) } ?? .refused("the relay did not say where the event stands")
    }
}
