// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// A local server's response.
struct LocalAnswer: Sendable {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var body: ByteBuffer
    /// The body's defect; nil if it is complete.
    var flaw: Flaw?
    /// How long it took, from the connection's beginning on.
    var time: TimeAmount

    /// Why the body is incomplete. The server received the request and answered it, so the event is done; but a partial
    /// response is not sent as a reply.
    enum Flaw: Equatable {
        case tooLong
        /// It broke off, or did not end in time.
        case brokenOff(String)

        /// For a person, behind `The answer`.
        var text: String {
            switch self {
            case .tooLong: "is longer than \(LocalAnswer.bodyLimit) bytes"
            case .brokenOff(let reason): "is not whole (\(reason))"
            }
        }
    }

    /// The longest body that is kept: what a reply may have.
    static let bodyLimit = ReplyLimits.bodyBytes

    private static let ofTheConnection: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
        "content-length", "date",
    ]

    /// The frame that makes it the webhook's answer (docs/envelope.md).
    func reply(to token: String) -> [UInt8] {
        var frame = Array(#"{"type":"reply","token":"#.utf8)
        JSONWriter.append(token, to: &frame)
        frame += Array(#","status":\#(self.status.code),"headers":["#.utf8)
        let named = Set(self.headers[canonicalForm: "connection"].map { $0.lowercased() })
        var isFirst = true
        for (name, value) in self.headers {
            let lowercased = name.lowercased()
            guard !Self.ofTheConnection.contains(lowercased), !named.contains(lowercased) else { continue }
            if !isFirst { frame.append(UInt8(ascii: ",")) }
            isFirst = false
            frame.append(UInt8(ascii: "["))
            JSONWriter.append(name, to: &frame)
            frame.append(UInt8(ascii: ","))
            JSONWriter.append(value, to: &frame)
            frame.append(UInt8(ascii: "]"))
        }
        frame += Array(#"],"body_base64":""#.utf8)
        frame += Array(self.body.withUnsafeReadableBytes { Base64.encode($0) }.utf8)
        frame += Array("\"}".utf8)
        return frame
    }
}

/// Why a local server gave no answer.
enum LocalFailure: Error, Equatable {
    /// It cannot be connected to: it received nothing.
    case away(String)
    /// It accepted the connection and did not answer: it may have received the request.
    case unanswered(String)
    /// Its response cannot be parsed: a retry would not help.
    case unreadable(String)

    var text: String {
        switch self {
        case .away(let text), .unanswered(let text): text
        case .unreadable(let text): "it answered something that is not HTTP (\(text))"
        }
    }
}
