// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// What a close frame says (RFC 6455 section 5.5.1): nothing, or a code with a reason text.
struct WebSocketCloseFrame: Equatable, Sendable {
    /// `nil`: an empty close frame.
    var code: WebSocketCloseCode?
    /// For the author of the peer, never secret. What is over 123 bytes is cut when it is encoded.
    var reason: String

    init(code: WebSocketCloseCode?, reason: String = "") {
        self.code = code
        self.reason = reason
    }

    /// Reads the payload of the peer's close frame. The reason text is checked and dropped: it is the peer's, and
    /// nothing here relies on it.
    ///
    /// - Returns: the peer's code, `nil` if it gave none.
    /// - Throws: how the payload breaks the rules.
    static func code(ofPayload payload: ByteBuffer) throws(WebSocketViolation) -> WebSocketCloseCode? {
        var payload = payload
        if payload.readableBytes == 0 { return nil }
        guard let number = payload.readInteger(as: UInt16.self) else { throw .closePayloadTooShort }
        let code = WebSocketCloseCode(rawValue: number)
        guard code.isValidOnWire else { throw .invalidCloseCode }
        guard UTF8Validation.isValid(payload) else { throw .invalidUTF8 }
        return code
    }
}
