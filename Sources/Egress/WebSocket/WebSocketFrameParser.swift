// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Turns a client's bytes, split anywhere, into messages and control frames (RFC 6455 section 5): pure and strict.
///
/// It takes every byte it is given, so that nothing of the receive buffer is kept, and holds no buffer unless a payload
/// has begun: an idle socket costs the size of this value. The buffer of a message is bounded by the message limit, and
/// grows with the bytes that arrived, not with the declared length.
struct WebSocketFrameParser {
    /// What the bytes made up.
    enum Output: Equatable {
        /// A whole message.
        case message(WebSocketMessage)
        /// A whole message that was checked and dropped, see `discardsMessages`.
        case discardedMessage
        /// A part of a message that is not its last.
        case fragment
        /// A ping; the pong has to carry the same payload, at most 125 bytes.
        case ping(ByteBuffer)
        /// A pong with its payload, at most 125 bytes.
        case pong(ByteBuffer)
        /// A close frame with its payload, not looked at yet.
        case close(ByteBuffer)
        /// The peer broke a rule. Nothing comes after it: further bytes are dropped.
        case violation(WebSocketViolation)
    }

    private enum MessageKind: UInt8 {
        case none
        case text
        case binary
    }

    /// Whether messages are checked (UTF-8, limits) but not kept: for a socket that ignores what its client sends. Set
    /// between two calls of `next`, it also drops what has arrived of a message so far.
    var discardsMessages: Bool {
        didSet { if self.discardsMessages { self.message = nil } }
    }
    private var hasFailed = false
    private let messageLimit: UInt32
    private var header = WebSocketFrameHeader()

    /// The message whose fragments are coming in.
    private var kind: MessageKind = .none
    private var utf8 = UTF8StreamValidator()
    /// Its length up to the end of the frame that is being read.
    private var messageBytes: UInt32 = 0
    /// The payload bytes received so far; nil if there are none, so that an idle socket pays for one pointer.
    private var payloads: Payloads?

    /// Never shared, since a parser is not copied.
    private final class Payloads {
        var message: ByteBuffer?
        /// When the message was first asked after; see `isMessageOverdue`.
        var messageSeen: NIODeadline?
        /// A control frame's payload is apart, because it may come between two fragments.
        var control: ByteBuffer?
    }

    private var message: ByteBuffer? {
        get { self.payloads?.message }
        set { self.keep(message: newValue, control: self.control) }
    }

    private var control: ByteBuffer? {
        get { self.payloads?.control }
        set { self.keep(message: self.message, control: newValue) }
    }

    private mutating func keep(message: ByteBuffer?, control: ByteBuffer?) {
        guard message != nil || control != nil else {
            self.payloads = nil
            return
        }
        let payloads = self.payloads ?? Payloads()
        payloads.message = message
        payloads.control = control
        if message == nil { payloads.messageSeen = nil }
        self.payloads = payloads
    }

    /// Whether a message that is kept is still unfinished `timeout` after this was first asked of it. Ask now and then:
    /// neither received bytes nor a socket with nothing unfinished cost anything for it.
    ///
    /// - Parameter isReading: whether the rest would be read; the time counts from then on.
    func isMessageOverdue(now: NIODeadline, timeout: TimeAmount, isReading: Bool) -> Bool {
        guard let payloads, payloads.message != nil else { return false }
        guard isReading, let seen = payloads.messageSeen else {
            payloads.messageSeen = isReading ? now : nil
            return false
        }
        return now - seen >= timeout
    }

    /// - Parameters:
    ///   - messageLimit: the most bytes of a message, all its fragments together, below 2 GiB. Checked at the frame's
    ///     header, so that no payload of an oversized frame is read.
    ///   - discardsMessages: check messages but do not keep them.
    init(messageLimit: Int = 65_536, discardsMessages: Bool = false) {
        precondition(messageLimit >= 0 && messageLimit <= Int(Int32.max), "the message limit must fit 31 bits")
        self.messageLimit = UInt32(messageLimit)
        self.discardsMessages = discardsMessages
    }

    /// Parses up to the next output: one per frame, so that the caller can count frames.
    ///
    /// - Returns: `nil` once the input is used up. Call it until then, or bytes are lost.
    mutating func next(from input: inout ByteBuffer) -> Output? {
        if self.hasFailed {
            input.moveReaderIndex(to: input.writerIndex)
            return nil
        }
        do {
            if !self.header.isComplete {
                guard try self.readHeader(from: &input) else { return nil }
            }
            try self.readPayload(from: &input)
            guard self.header.length == 0 else { return nil }
            return try self.finishFrame()
        } catch {
            self.hasFailed = true
            self.message = nil
            self.control = nil
            input.moveReaderIndex(to: input.writerIndex)
            return .violation(error)
        }
    }

    /// - Returns: whether the header is complete.
    private mutating func readHeader(from input: inout ByteBuffer) throws(WebSocketViolation) -> Bool {
        while let byte = input.readInteger(as: UInt8.self) {
            try self.header.append(byte)
            guard self.header.isComplete else { continue }
            switch self.header.opcode {
            case .text: try self.start(.text)
            case .binary: try self.start(.binary)
            case .continuation: guard self.kind != .none else { throw .continuationWithoutStart }
            case .close, .ping, .pong: return true
            }
            guard self.header.length <= UInt64(self.messageLimit - self.messageBytes) else { throw .messageTooBig }
            self.messageBytes += UInt32(self.header.length)
            return true
        }
        return false
    }

    private mutating func start(_ kind: MessageKind) throws(WebSocketViolation) {
        guard self.kind == .none else { throw .startWithinMessage }
        self.kind = kind
    }

    /// Takes the available part of the frame's payload.
    private mutating func readPayload(from input: inout ByteBuffer) throws(WebSocketViolation) {
        let count = Int(min(self.header.length, UInt64(input.readableBytes)))
        guard count > 0 else { return }
        defer { input.moveReaderIndex(forwardBy: count) }
        switch self.header.opcode {
        case .close, .ping, .pong:
            var control = self.control.take()
            input.withUnsafeReadableBytes { Self.append($0[..<count], to: &control, header: &self.header) }
            self.control = control
        case .text, .binary, .continuation:
            let isValid = input.withUnsafeReadableBytes { self.readMessage($0[..<count]) }
            guard isValid else { throw .invalidUTF8 }
        }
    }

    /// - Returns: false where it makes the text invalid.
    private mutating func readMessage(_ piece: Slice<UnsafeRawBufferPointer>) -> Bool {
        guard self.discardsMessages else {
            // In place, for the message stays the same one.
            let payloads = self.payloads ?? Payloads()
            self.payloads = payloads
            let start = payloads.message?.readableBytes ?? 0
            Self.append(piece, to: &payloads.message, header: &self.header)
            guard self.kind == .text, let message = payloads.message else { return true }
            return message.withUnsafeReadableBytes { self.utf8.consume(.init(rebasing: $0[start...])) }
        }
        guard self.kind == .text else {
            self.header.skip(piece.count)
            return true
        }
        // The piece belongs to the channel, so it is unmasked on the stack, a kilobyte at a time.
        return withUnsafeTemporaryAllocation(byteCount: min(piece.count, 1024), alignment: 8) { scratch in
            var rest = piece
            while !rest.isEmpty {
                let part = rest.prefix(scratch.count)
                rest = rest.dropFirst(part.count)
                self.header.unmask(.init(rebasing: part), into: scratch)
                guard self.utf8.consume(.init(rebasing: scratch[..<part.count])) else { return false }
            }
            return true
        }
    }

    private static func append(
        _ piece: Slice<UnsafeRawBufferPointer>,
        to buffer: inout ByteBuffer?,
        header: inout WebSocketFrameHeader
    ) {
        var whole = buffer.take() ?? ByteBuffer()
        whole.writeWithUnsafeMutableBytes(minimumWritableBytes: piece.count) { target in
            header.unmask(.init(rebasing: piece), into: target)
            return piece.count
        }
        buffer = whole
    }

    /// Ends the frame whose payload is complete.
    ///
    /// - Returns: `nil` for a fragment that is not the last.
    private mutating func finishFrame() throws(WebSocketViolation) -> Output {
        let header = self.header
        self.header = WebSocketFrameHeader()
        switch header.opcode {
        case .ping: return .ping(self.control.take() ?? ByteBuffer())
        case .pong: return .pong(self.control.take() ?? ByteBuffer())
        case .close: return .close(self.control.take() ?? ByteBuffer())
        case .text, .binary, .continuation:
            return header.isFinal ? try self.finishMessage() : .fragment
        }
    }

    private mutating func finishMessage() throws(WebSocketViolation) -> Output {
        let kind = self.kind
        self.kind = .none
        self.messageBytes = 0
        guard self.utf8.isComplete else { throw .invalidUTF8 }
        let message = self.message.take() ?? ByteBuffer()
        if self.discardsMessages { return .discardedMessage }
        return .message(kind == .text ? .text(message) : .binary(message))
    }
}
