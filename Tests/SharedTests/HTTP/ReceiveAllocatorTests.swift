// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Shared

@Suite struct ReceiveAllocatorTests {
    /// It goes the sizes that NIO's own goes, whatever is read.
    @Test func likeNIO() {
        var ours = ReceiveAllocator()
        var theirs = AdaptiveRecvByteBufferAllocator(minimum: 256, initial: 256, maximum: 65_536)
        var sizes: Set<Int> = []
        // Long stretches of full reads and of small ones, so that all sizes come, with every kind of read in between.
        for step in 0..<20_000 {
            let size = theirs.nextBufferSize() ?? 0
            sizes.insert(size)
            #expect(ours.nextBufferSize() == size)
            let reads = [size, size - 1, size / 2, size / 2 + 1, 1]
            let read = step % 7 == 0 ? reads[step / 7 % 5] : (step / 100 % 2 == 0 ? size : 1)
            #expect(ours.record(actualReadBytes: read) == theirs.record(actualReadBytes: read))
        }
        #expect(sizes.contains(256) && sizes.contains(65_536))
    }

    /// It fits into an existential, so that a connection has no allocation of its own for it.
    @Test func isSmall() {
        #expect(MemoryLayout<ReceiveAllocator>.size <= 3 * MemoryLayout<Int>.size)
    }
}
