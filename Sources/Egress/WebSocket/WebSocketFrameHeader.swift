// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The header of a client's frame (RFC 6455 section 5.2), parsed byte by byte in place: 16 bytes of state and no
/// buffer, however its bytes are split.
struct WebSocketFrameHeader {
    private enum Step: UInt8 {
        /// FIN, the reserved bits and the opcode.
        case start
        /// The mask bit and the length, or how many bytes the length takes.
        case length
        case length16
        case length64
        case mask
        case complete
    }

    /// Whether the frame is the last one of its message.
    private(set) var isFinal = true
    private(set) var opcode: WebSocketOpcode = .continuation
    private var step: Step = .start
    /// How many bytes the field at `step` still needs.
    private var missing: UInt8 = 0
    private var mask = WebSocketMask()
    /// The bytes of payload, less those that were unmasked or skipped.
    private(set) var length: UInt64 = 0

    var isComplete: Bool { self.step == .complete }

    /// Takes the next byte. A violation is thrown at the byte that causes it.
    ///
    /// - Precondition: not complete.
    mutating func append(_ byte: UInt8) throws(WebSocketViolation) {
        switch self.step {
        case .start:
            try self.readStart(byte)
        case .length:
            try self.readLength(byte)
        case .length16:
            self.shiftIn(byte)
            guard self.missing == 0 else { return }
            guard self.length > 125 else { throw .lengthNotMinimal }
            self.expect(.mask, bytes: 4)
        case .length64:
            self.shiftIn(byte)
            guard self.missing == 0 else { return }
            guard self.length >> 63 == 0 else { throw .lengthOutOfRange }
            guard self.length > UInt64(UInt16.max) else { throw .lengthNotMinimal }
            self.expect(.mask, bytes: 4)
        case .mask:
            self.mask.append(byte)
            self.missing -= 1
            if self.missing == 0 { self.step = .complete }
        case .complete:
            preconditionFailure("a header that is complete takes no further byte")
        }
    }

    private mutating func readStart(_ byte: UInt8) throws(WebSocketViolation) {
        guard byte & 0x70 == 0 else { throw .reservedBits }
        guard let opcode = WebSocketOpcode(rawValue: byte & 0x0F) else { throw .reservedOpcode }
        self.isFinal = byte & 0x80 != 0
        self.opcode = opcode
        guard self.isFinal || !opcode.isControl else { throw .fragmentedControlFrame }
        self.step = .length
    }

    private mutating func readLength(_ byte: UInt8) throws(WebSocketViolation) {
        guard byte & 0x80 != 0 else { throw .unmaskedFrame }
        let length = byte & 0x7F
        guard length <= 125 || !self.opcode.isControl else { throw .controlFrameTooLong }
        switch length {
        case 126: self.expect(.length16, bytes: 2)
        case 127: self.expect(.length64, bytes: 8)
        default:
            self.length = UInt64(length)
            self.expect(.mask, bytes: 4)
        }
    }

    private mutating func expect(_ step: Step, bytes: UInt8) {
        self.step = step
        self.missing = bytes
    }

    private mutating func shiftIn(_ byte: UInt8) {
        self.length = self.length << 8 | UInt64(byte)
        self.missing -= 1
    }

    /// Unmasks the next piece of the payload into `target`, and counts it off `length`.
    ///
    /// - Precondition: complete, and the piece is no longer than what is left of the payload.
    mutating func unmask(_ piece: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) {
        self.length -= UInt64(piece.count)
        self.mask.unmask(piece, into: target)
    }

    /// Counts skipped bytes off `length`. After that the rest of the payload can only be skipped.
    mutating func skip(_ count: Int) {
        self.length -= UInt64(count)
    }
}
