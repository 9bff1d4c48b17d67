// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Finds the messages in what a WebSocket server sends (RFC 6455, section 5), split anywhere. A message that lies whole
/// in the bytes given, as nearly all do, is handed on where it lies.
struct ServerFrameReader {
    /// What a message or a control frame is.
    enum Kind: UInt8 {
        case text = 1
        case binary = 2
        case close = 8
        case ping = 9
        case pong = 10
    }

    /// Which rule the server broke.
    enum Violation: String, Error {
        case maskedFrame = "masked_frame"
        case reservedBits = "reserved_bits"
        case reservedOpcode = "reserved_opcode"
        case malformedControlFrame = "malformed_control_frame"
        case lengthNotMinimal = "length_not_minimal"
        case messageTooLong = "message_too_long"
        case fragmentsOutOfPlace = "fragments_out_of_place"
    }

    private struct Header {
        let isFinal: Bool
        /// nil for a continuation.
        let kind: Kind?
        let payload: Range<Int>
    }

    private let messageLimit: Int
    /// A frame that has not come whole.
    private var pending: [UInt8] = []
    private var fragments: [UInt8] = []
    private var fragmented: Kind?

    /// - Parameter messageLimit: the most bytes of a message.
    init(messageLimit: Int = 16 << 20) {
        self.messageLimit = messageLimit
    }

    /// Reads on.
    ///
    /// - Parameter deliver: called for each message and control frame; the payload is valid during the call.
    mutating func receive(
        _ bytes: UnsafeRawBufferPointer,
        _ deliver: (Kind, UnsafeRawBufferPointer) -> Void
    ) throws(Violation) {
        var offset = 0
        while offset < bytes.count {
            if self.pending.isEmpty {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
                let (header, _) = try self.header(rest)
                guard let header, header.payload.upperBound <= rest.count else {
                    self.pending.append(contentsOf: rest)
                    return
                }
                offset += header.payload.upperBound
                try self.take(header, UnsafeRawBufferPointer(rebasing: rest[header.payload]), deliver)
            } else {
                offset += try self.completePending(UnsafeRawBufferPointer(rebasing: bytes[offset...]), deliver)
            }
        }
    }

    /// Adds only what the frame in `pending` lacks.
    ///
    /// - Returns: how many bytes that were.
    private mutating func completePending(
        _ bytes: UnsafeRawBufferPointer,
        _ deliver: (Kind, UnsafeRawBufferPointer) -> Void
    ) throws(Violation) -> Int {
        var taken = 0
        while true {
            let (header, needed) = try self.pendingHeader()
            if self.pending.count < needed {
                let count = min(needed - self.pending.count, bytes.count - taken)
                guard count > 0 else { return taken }
                self.pending.append(contentsOf: bytes[taken..<taken + count])
                taken += count
            } else if let header {
                let frame = self.pending
                self.pending = []
                let result: Result<Void, Violation> = frame.withUnsafeBytes { frame in
                    do throws(Violation) {
                        return .success(
                            try self.take(header, UnsafeRawBufferPointer(rebasing: frame[header.payload]), deliver)
                        )
                    } catch {
                        return .failure(error)
                    }
                }
                try result.get()
                return taken
            }
        }
    }

    private func pendingHeader() throws(Violation) -> (Header?, needed: Int) {
        let result: Result<(Header?, needed: Int), Violation> = self.pending.withUnsafeBytes { bytes in
            do throws(Violation) {
                return .success(try self.header(bytes))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Reads the header at the beginning.
    ///
    /// - Returns: the header, or nil if not all of it is there; and how many bytes it takes to go on.
    private func header(_ bytes: UnsafeRawBufferPointer) throws(Violation) -> (Header?, needed: Int) {
        guard bytes.count >= 2 else { return (nil, 2) }
        guard bytes[0] & 0x70 == 0 else { throw .reservedBits }
        guard bytes[1] & 0x80 == 0 else { throw .maskedFrame }
        let opcode = bytes[0] & 0x0F
        let isFinal = bytes[0] & 0x80 != 0
        let kind = Kind(rawValue: opcode)
        guard kind != nil || opcode == 0 else { throw .reservedOpcode }
        var start = 2
        var length = Int(bytes[1])
        guard opcode < 8 || (isFinal && length <= 125) else { throw .malformedControlFrame }
        if length == 126 {
            start = 4
            guard bytes.count >= start else { return (nil, start) }
            length = Int(bytes[2]) << 8 | Int(bytes[3])
            guard length > 125 else { throw .lengthNotMinimal }
        } else if length == 127 {
            start = 10
            guard bytes.count >= start else { return (nil, start) }
            var long: UInt64 = 0
            for index in 2..<start { long = long << 8 | UInt64(bytes[index]) }
            guard long > UInt64(UInt16.max) else { throw .lengthNotMinimal }
            guard long <= UInt64(self.messageLimit) else { throw .messageTooLong }
            length = Int(long)
        }
        let header = Header(isFinal: isFinal, kind: kind, payload: start..<start + length)
        return (header, start + length)
    }

    private mutating func take(
        _ header: Header,
        _ payload: UnsafeRawBufferPointer,
        _ deliver: (Kind, UnsafeRawBufferPointer) -> Void
    ) throws(Violation) {
        switch header.kind {
        case .some(let kind) where kind.rawValue >= 8:
            deliver(kind, payload)
        case .some(let kind):
            guard self.fragmented == nil else { throw .fragmentsOutOfPlace }
            guard !header.isFinal else { return deliver(kind, payload) }
            self.fragmented = kind
            self.fragments.append(contentsOf: payload)
        case .none:
            guard let kind = self.fragmented else { throw .fragmentsOutOfPlace }
            guard self.fragments.count + payload.count <= self.messageLimit else { throw .messageTooLong }
            self.fragments.append(contentsOf: payload)
            guard header.isFinal else { return }
            self.fragmented = nil
            let message = self.fragments
            self.fragments = []
            message.withUnsafeBytes { deliver(kind, $0) }
        }
    }
}
