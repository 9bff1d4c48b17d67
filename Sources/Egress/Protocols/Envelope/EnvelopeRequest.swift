// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A frame of an envelope socket's client.
enum EnvelopeRequest: Equatable {
    /// `{"type":"reply","token":…}` and what `ReplyObject` has. A token that is none leads nowhere.
    case reply(Reply, token: String)
    /// `{"type":"ping"}`
    case ping

    /// The longest `ref`, the client's own word for a frame, in bytes.
    static let referenceLimit = 128
    /// The longest token that is given back to the client, in bytes; tokens have 48.
    private static let tokenLimit = 128
    /// How deep a frame may nest, the outermost object counted: a body may be some JSON of the platform's.
    private static let depthLimit = 64
    private static let members = JSONMemberNames(["type", "ref", "token"] + ReplyObject.members)

    /// What a frame asks for, and its `ref`, which the answer repeats. The whole of it is checked before anything is made
    /// of it, without recursion.
    static func read(_ frame: ByteBuffer) -> (ref: String?, request: Result<EnvelopeRequest, EnvelopeFault>) {
        frame.withUnsafeReadableBytes { bytes in
            let view: JSONObjectView
            do throws(JSONError) {
                view = try JSONObjectView(validating: bytes, members: Self.members, maximumDepth: Self.depthLimit)
            } catch {
                return (nil, .failure(.json(error)))
            }
            var ref: String?
            if let value = view["ref"], value.kind != .null {
                guard let text = value.string, text.utf8.count <= Self.referenceLimit, CloudEventText(text).isExact
                else { return (nil, .failure(.badReference)) }
                ref = text
            }
            do throws(EnvelopeFault) {
                return (ref, .success(try Self.request(view)))
            } catch {
                return (ref, .failure(error))
            }
        }
    }

    private static func request(_ view: JSONObjectView) throws(EnvelopeFault) -> EnvelopeRequest {
        guard let type = view["type"]?.string else { throw .missingType }
        switch type {
        case "ping":
            return .ping
        case "ack", "nack":
            throw .noConsumer
        case "reply":
            guard let token = view["token"]?.string, token.utf8.count <= Self.tokenLimit else { throw .missingToken }
            do throws(ReplyMistake) {
                return .reply(try ReplyObject(view).reply(), token: token)
            } catch {
                throw .reply(error)
            }
        default:
            throw .unknownType
        }
    }
}
