// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// A refused request, as shown to the holder of the secret that it names: the reason and the request, without
/// credentials. If the secret is wrong, its channel belongs to no bot and has no observers.
struct RefusedRequest {
    /// The most bytes, as JSON, and the most fields that are included.
    private static let fieldBytes = 12 << 10
    private static let fieldCount = 64
    /// How many bytes of the query are included.
    private static let queryLimit = 2 << 10
    /// Fields never included, in lower case; a platform may have more.
    private static let credentialFields: Set<String> = [
        "authorization", "proxy-authorization", "cookie", "set-cookie", "x-gitlab-token",
        "x-telegram-bot-api-secret-token",
        "x-api-key",
    ]

    let request: HTTPRequest
    let platform: String
    let problem: Problem
    /// In milliseconds since 1970.
    let time: Int64
    /// The field that carries a credential according to the registry; a webhook's URL may name one too.
    var credentialField: String?

    /// The channel of the secret that a request names; nil where it names none.
    static func channel(of request: HTTPRequest) -> ChannelID? {
        guard let secret = request.query["secret"] ?? request.bearerToken, !secret.isEmpty else { return nil }
        return ChannelID(secret: Secret(secret))
    }

    /// The observation.
    var observation: Observation {
        var json = Array("{".utf8)
        func member(_ name: StaticString, _ value: String) {
            if json.count > 1 { json.append(UInt8(ascii: ",")) }
            JSONWriter.append("\(name)", to: &json)
            json.append(UInt8(ascii: ":"))
            JSONWriter.append(value, to: &json)
        }
        func number(_ name: StaticString, _ value: Int64) {
            json += Array(#","\#(name)":\#(value)"#.utf8)
        }
        member("id", Hex.encode(SecureRandom.bytes(8)))
        number("at", self.time)
        member("platform", self.platform)
        member("reason", self.problem.reason)
        member("detail", self.problem.detail)
        number("status", Int64(self.problem.status.code))
        member("method", self.request.method.rawValue)
        let query = self.request.query.removing(CredentialParameters.names)
        member("query", String(query.prefix(Self.queryLimit)))
        self.appendFields(to: &json)
        number("size", Int64(self.request.body.readableBytes))
        let body = ToldBody(self.request.body)
        member("body_base64", body.base64)
        if body.isTruncated { json += Array(#","truncated":true"#.utf8) }
        json.append(UInt8(ascii: "}"))
        return Observation(.refused, json: ByteBuffer(bytes: json))
    }

    /// The header fields in order, as many as there is room for.
    private func appendFields(to json: inout [UInt8]) {
        json += Array(#","headers":["#.utf8)
        // A field that the URL names as carrying a credential is one.
        let named = [self.request.query["header"], self.credentialField].map { $0?.prefix { $0 != ":" }.lowercased() }
        let credentials = URLCredentials(in: self.request.query, named: CredentialParameters.names)
        var (count, bytes) = (0, 0)
        var field: [UInt8] = []
        for (name, value) in self.request.headers {
            let lowered = name.lowercased()
            guard !Self.credentialFields.contains(lowered), !named.contains(lowered), !credentials.stand(in: value)
            else { continue }
            field = Array((count > 0 ? ",[" : "[").utf8)
            JSONWriter.append(name, to: &field)
            field.append(UInt8(ascii: ","))
            JSONWriter.append(value, to: &field)
            field.append(UInt8(ascii: "]"))
            bytes += field.count
            guard count < Self.fieldCount, bytes <= Self.fieldBytes else { break }
            json += field
            count += 1
        }
        json.append(UInt8(ascii: "]"))
    }
}
