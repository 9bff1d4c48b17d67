// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A client's message.
enum GatewayRequest: Equatable {
    case heartbeat
    case login(Login)

    /// A client's login: for a new session, or to resume one.
    enum Login: Equatable {
        case identify(Identify)
        case resume(Resume)

        /// The token that identifies the bot.
        var token: Secret {
            switch self {
            case .identify(let identify): identify.token
            case .resume(let resume): resume.token
            }
        }
    }

    struct Identify: Equatable {
        var token: Secret
        var filter: GatewayFilter
    }

    struct Resume: Equatable {
        var token: Secret
        var sessionID: String
        /// The last sequence number that the client received; nil if it gives none.
        var sequence: UInt64?
    }

    private static let envelope = JSONMemberNames("op", "d")
    private static let data = JSONMemberNames("token", "intents", "shard", "session_id", "seq")

    /// Parses a message. The whole of it is validated first, without recursion, and nothing is copied but the token and
    /// the session id.
    static func read(_ message: ByteBuffer) -> Result<GatewayRequest, GatewayCloseReason> {
        message.withUnsafeReadableBytes { bytes in
            do throws(JSONError) {
                let view = try JSONObjectView(
                    validating: bytes,
                    members: Self.envelope,
                    maximumDepth: GatewayProtocol.depthLimit
                )
                guard let op = view["op"]?.integer else { return .failure(.malformed) }
                switch GatewayProtocol.Opcode(rawValue: op) {
                // A heartbeat's number is not needed: it is in `d` or in `s`, or missing.
                case .heartbeat: return .success(.heartbeat)
                case .identify: return try Self.identify(view["d"]?.object(members: Self.data))
                case .resume: return try Self.resume(view["d"]?.object(members: Self.data))
                case .dispatch, .reconnect, .invalidSession, .hello, .heartbeatAcknowledgement, nil:
                    return .failure(.unknownOpcode)
                }
            } catch {
                return .failure(.malformed)
            }
        }
    }

    private static func identify(_ data: JSONObjectView?) -> Result<GatewayRequest, GatewayCloseReason> {
        guard let data, let text = data["token"]?.string else { return .failure(.malformed) }
        var intents: UInt32 = 0
        if let value = data["intents"], value.kind != .null {
            guard value.kind == .number else { return .failure(.malformed) }
            guard let bits = value.integer.flatMap({ UInt32(exactly: $0) }) else { return .failure(.badIntents) }
            intents = bits
        }
        var shard = GatewayShard.only
        if let value = data["shard"], value.kind != .null {
            guard let read = Self.shard(value) else { return .failure(.badShard) }
            shard = read
        }
        guard let token = GatewayToken.parse(text) else { return .failure(.authenticationFailed) }
        let filter = GatewayFilter(intents: GatewayIntents(rawValue: intents), shard: shard)
        return .success(.login(.identify(Identify(token: token, filter: filter))))
    }

    private static func resume(_ data: JSONObjectView?) -> Result<GatewayRequest, GatewayCloseReason> {
        guard let data, let text = data["token"]?.string, let id = data["session_id"]?.string,
            id.utf8.count <= GatewayProtocol.sessionIDLimit
        else { return .failure(.malformed) }
        var sequence: UInt64?
        if let value = data["seq"], value.kind != .null {
            guard value.kind == .number else { return .failure(.malformed) }
            guard let number = value.integer.flatMap({ UInt64(exactly: $0) }) else { return .failure(.badSequence) }
            sequence = number
        }
        guard let token = GatewayToken.parse(text) else { return .failure(.authenticationFailed) }
        return .success(.login(.resume(Resume(token: token, sessionID: id, sequence: sequence))))
    }

    private static func shard(_ value: JSONValue) -> GatewayShard? {
        guard value.kind == .array else { return nil }
        var numbers: [Int64] = []
        value.forEachElement { element in
            numbers.append(element.integer ?? -1)
            return numbers.count <= 2
        }
        guard numbers.count == 2, numbers[0] >= 0, numbers[0] < numbers[1], numbers[1] <= GatewayProtocol.shardLimit
        else { return nil }
        return GatewayShard(index: UInt16(numbers[0]), count: UInt16(numbers[1]))
    }
}
