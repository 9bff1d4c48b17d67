// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A frame of an envelope socket's client.
enum EnvelopeRequest: Equatable {
    /// `{"type":"reply","token":…}` and the members of `ReplyObject`. The token is not validated here.
    case reply(Reply, token: String)
    /// `{"type":"ack","position":…}` or `nack`: a member of a group settles an event.
    case settle(GroupSettlement.Verdict, Position)
    /// `{"type":"ping"}`
    case ping

    /// The longest `ref`, the client's label for a frame, in bytes.
    static let referenceLimit = 128
    /// The longest token that is echoed to the client, in bytes; tokens have 48.
    private static let tokenLimit = 128
    /// How deep a frame may nest, the outermost object counted: a body may be platform JSON.
    private static let depthLimit = 64
    private static let settlementMembers = JSONMemberNames("position")
    private static let traceMembers = JSONMemberNames("traceparent")
    private static let members = JSONMemberNames(["type", "ref", "token"] + ReplyObject.members)

    /// Parses a frame's request, and its `ref`, which the answer repeats. The whole frame is validated first, without
    /// recursion.
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
                return (ref, .success(try Self.request(view, in: bytes)))
            } catch {
                return (ref, .failure(error))
            }
        }
    }

    private static func request(
        _ view: JSONObjectView,
        in bytes: UnsafeRawBufferPointer
    ) throws(EnvelopeFault) -> EnvelopeRequest {
        guard let type = view["type"]?.string else { throw .missingType }
        switch type {
        case "ping":
            return .ping
        case "ack":
            return .settle(.ack, try self.position(in: bytes))
        case "nack":
            return .settle(.nack, try self.position(in: bytes))
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

    /// The parent span named in a frame, for tracing; an invalid one is ignored, as W3C Trace Context requires.
    static func traceContext(in frame: ByteBuffer) -> TraceContext? {
        frame.withUnsafeReadableBytes { bytes in
            let view = try? JSONObjectView(
                validating: bytes,
                members: self.traceMembers,
                maximumDepth: self.depthLimit
            )
            return view?["traceparent"]?.string.flatMap { TraceContext($0) }
        }
    }

    /// A second pass, since one pass finds at most eight members.
    private static func position(in bytes: UnsafeRawBufferPointer) throws(EnvelopeFault) -> Position {
        let text: String?
        do throws(JSONError) {
            text = try JSONObjectView(
                validating: bytes,
                members: self.settlementMembers,
                maximumDepth: self.depthLimit
            )["position"]?.string
        } catch {
            throw .json(error)
        }
        guard let position = text.flatMap({ Position($0) }) else { throw .missingPosition }
        return position
    }
}
