// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import CHiredis
internal import NIOCore

extension RESPValue {
    /// Up to this many bytes, the strings of a flat reply share one allocation. A longer one has its own, so that
    /// retaining it retains nothing else.
    private static let sharedBytes = 4 << 10

    /// Copies a reply out of hiredis' memory.
    init(_ reply: UnsafePointer<redisReply>) throws(RESPViolation) {
        switch reply.pointee.type {
        case REDIS_REPLY_STRING: self = .bulk(ByteBuffer(bytes: Self.text(of: reply)))
        case REDIS_REPLY_ARRAY: self = .array(try Self.elements(of: reply))
        case REDIS_REPLY_INTEGER: self = .integer(Int(reply.pointee.integer))
        case REDIS_REPLY_STATUS: self = .simpleString(String(decoding: Self.text(of: reply), as: UTF8.self))
        case REDIS_REPLY_ERROR: self = .error(String(decoding: Self.text(of: reply), as: UTF8.self))
        case REDIS_REPLY_NIL: self = .null
        default: throw .unknownType
        }
    }

    private static func text(of reply: UnsafePointer<redisReply>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: reply.pointee.str, count: reply.pointee.len)
    }

    private static func elements(of reply: UnsafePointer<redisReply>) throws(RESPViolation) -> [RESPValue] {
        let elements = UnsafeBufferPointer(start: reply.pointee.element, count: reply.pointee.elements)
        let strings = self.sharedStrings(of: elements)
        var place = 0
        var values: [RESPValue] = []
        values.reserveCapacity(elements.count)
        for element in elements {
            guard let element else { throw .malformed }
            let length = element.pointee.len
            if element.pointee.type == REDIS_REPLY_STRING, let slice = strings?.getSlice(at: place, length: length) {
                place += length
                values.append(.bulk(slice))
            } else {
                values.append(try RESPValue(UnsafePointer(element)))
            }
        }
        return values
    }

    /// The bulk strings of a short array, one after the other, if they are small.
    private static func sharedStrings(
        of elements: UnsafeBufferPointer<UnsafeMutablePointer<redisReply>?>
    ) -> ByteBuffer? {
        guard elements.count <= 8 else { return nil }
        var count = 0
        for case let element? in elements where element.pointee.type == REDIS_REPLY_STRING {
            count += element.pointee.len
        }
        guard count <= self.sharedBytes else { return nil }
        var strings = ByteBufferAllocator().buffer(capacity: count)
        for case let element? in elements where element.pointee.type == REDIS_REPLY_STRING {
            strings.writeBytes(self.text(of: UnsafePointer(element)))
        }
        return strings
    }
}
