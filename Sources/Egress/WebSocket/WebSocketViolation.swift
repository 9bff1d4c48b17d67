// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// How a peer broke RFC 6455 or our limits. Each ends the connection, with a close code and a sentence that the author
/// of the client can act on.
enum WebSocketViolation: String, Error, CaseIterable {
    case unmaskedFrame = "unmasked_frame"
    case reservedBits = "reserved_bits"
    case reservedOpcode = "reserved_opcode"
    case fragmentedControlFrame = "fragmented_control_frame"
    case controlFrameTooLong = "control_frame_too_long"
    case lengthNotMinimal = "length_not_minimal"
    case lengthOutOfRange = "length_out_of_range"
    case continuationWithoutStart = "continuation_without_start"
    case startWithinMessage = "start_within_message"
    case messageTooBig = "message_too_big"
    case invalidUTF8 = "invalid_utf8"
    case closePayloadTooShort = "close_payload_too_short"
    case invalidCloseCode = "invalid_close_code"

    /// The reason that the connection ends with.
    var endReason: SocketEndReason {
        switch self {
        case .messageTooBig: .messageTooBig
        case .invalidUTF8: .invalidUTF8
        default: .protocolError
        }
    }

    /// The reason text of the close frame that answers it: at most 123 bytes.
    var explanation: String {
        switch self {
        case .unmaskedFrame: "a client must mask its frames (RFC 6455 5.1)"
        case .reservedBits: "a reserved bit is set and no extension was negotiated (RFC 6455 5.2)"
        case .reservedOpcode: "a reserved opcode (RFC 6455 5.2)"
        case .fragmentedControlFrame: "a control frame must not be fragmented (RFC 6455 5.5)"
        case .controlFrameTooLong: "a control frame carries at most 125 bytes (RFC 6455 5.5)"
        case .lengthNotMinimal: "a payload length must take as few bytes as possible (RFC 6455 5.2)"
        case .lengthOutOfRange: "the top bit of a 64-bit payload length must be 0 (RFC 6455 5.2)"
        case .continuationWithoutStart: "a continuation frame with no message to continue (RFC 6455 5.4)"
        case .startWithinMessage: "a new message before the last one was finished (RFC 6455 5.4)"
        case .messageTooBig: "the message is larger than this server takes"
        case .invalidUTF8: "text must be UTF-8 (RFC 6455 8.1)"
        case .closePayloadTooShort: "a close frame carries nothing or a code of two bytes (RFC 6455 5.5.1)"
        case .invalidCloseCode: "this close code must not be sent (RFC 6455 7.4)"
        }
    }
}
