// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import CHiredis

/// hiredis as its documentation has it.
final class HiredisReader {
    private let reader: UnsafeMutablePointer<redisReader>

    init() {
        guard let reader = redisReaderCreate() else { preconditionFailure("out of memory") }
        self.reader = reader
    }

    deinit {
        redisReaderFree(self.reader)
    }

    /// Feeds it bytes. How many elements the reply has that they end, 1 if it is no array and 0 if there is none yet.
    func elements(after bytes: [UInt8]) -> Int {
        var reply: UnsafeMutableRawPointer?
        let isRead = bytes.withUnsafeBytes { bytes in
            let text = bytes.bindMemory(to: CChar.self).baseAddress
            return redisReaderFeed(self.reader, text, bytes.count) == REDIS_OK
                && redisReaderGetReply(self.reader, &reply) == REDIS_OK
        }
        guard isRead, let reply else { return 0 }
        defer { freeReplyObject(reply) }
        let content = reply.assumingMemoryBound(to: redisReply.self).pointee
        return content.type == REDIS_REPLY_ARRAY ? content.elements : 1
    }
}
