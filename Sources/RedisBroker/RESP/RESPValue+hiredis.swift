// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import CHiredis
internal import NIOCore

extension RESPValue {
    /// Up to so many bytes, the strings of a flat reply share one allocation. A longer one has its own, so that who
    /// keeps it keeps nothing else.
    private static let sharedBytes = 4 << 10

    /// Copies a reply out of hiredis' memory.
    init(_ reply: UnsafePointer<redisReply>) throws(RESPViolation) {
        guard reply.pointee.type == REDIS_REPLY_ARRAY else {
            self = try Self.scalar(reply) { ByteBuffer(bytes: $0) }
            return
        }
        self = .array(try Self.elements(of: reply))
    }

    private static func elements(of reply: UnsafePointer<redisReply>) throws(RESPViolation) -> [RESPValue] {
        let elements = UnsafeBufferPointer(start: reply.pointee.element, count: reply.pointee.elements)
        var strings = 0
        for element in elements { strings += element?.pointee.len ?? 0 }
        let isShared = elements.count <= 8 && strings <= Self.sharedBytes
        var storage = isShared ? ByteBufferAllocator().buffer(capacity: strings) : ByteBuffer()

        var values: [RESPValue] = []
        values.reserveCapacity(elements.count)
        for element in elements {
            guard let element else { throw .malformed }
            if element.pointee.type == REDIS_REPLY_ARRAY {
                values.append(.array(try Self.elements(of: element)))
                continue
            }
            let value = try Self.scalar(element) { bytes in
                guard isShared else { return ByteBuffer(bytes: bytes) }
                storage.writeBytes(bytes)
                return storage.readSlice(length: bytes.count) ?? ByteBuffer()
            }
            values.append(value)
        }
        return values
    }

    private static func scalar(
        _ reply: UnsafePointer<redisReply>,
        copy: (UnsafeRawBufferPointer) -> ByteBuffer
    ) throws(RESPViolation) -> RESPValue {
        let text = UnsafeRawBufferPointer(start: reply.pointee.str, count: reply.pointee.len)
        switch reply.pointee.type {
        case REDIS_REPLY_STRING: return .bulk(copy(text))
        case REDIS_REPLY_INTEGER: return .integer(Int(reply.pointee.integer))
        case REDIS_REPLY_STATUS: return .simpleString(String(decoding: text, as: UTF8.self))
        case REDIS_REPLY_ERROR: return .error(String(decoding: text, as: UTF8.self))
        case REDIS_REPLY_NIL: return .null
        default: throw .unknownType
        }
    }
}
