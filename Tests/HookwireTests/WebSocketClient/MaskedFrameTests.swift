// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Hookwire

@Suite struct MaskedFrameTests {
    /// What a client sends is masked with the key that it sends (RFC 6455, section 5.7, has the example).
    @Test func masks() {
        let frame = MaskedFrame.make(.pong, "Hello".utf8, mask: 0x37FA_213D)
        #expect(
            Array(frame.readableBytesView) == [0x8A, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]
        )
    }

    /// A client's frames are masked and say their length in the shortest way (RFC 6455, section 5.2).
    @Test(arguments: [(0, 6), (125, 131), (126, 134), (65_535, 65_543), (65_536, 65_550)])
    func saysItsLength(length: Int, whole: Int) {
        let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
        let frame = Array(MaskedFrame.make(.text, payload, mask: 0x01_02_03_04).readableBytesView)
        #expect(frame.count == whole && frame[0] == 0x81 && frame[1] & 0x80 != 0)
        let masked = frame.suffix(length)
        #expect(zip(masked, 0...).map { $0.0 ^ [1, 2, 3, 4][$0.1 % 4] } == payload)
    }
}
