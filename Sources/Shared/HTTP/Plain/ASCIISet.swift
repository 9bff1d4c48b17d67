// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Sets of ASCII characters, each a bitmap in two words.
enum ASCIISet {
    /// Whether the byte can be in a token, such as a field's name: letters, digits and ``!#$%&'*+-.^_`|~`` (RFC 9110,
    /// section 5.6.2).
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        self.contains(byte, low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE)
    }

    /// Whether the byte can be in a path or a query: letters, digits and `-._~!$&'()*+,;=:@/?%` (RFC 3986, sections 3.3
    /// and 3.4).
    @inline(__always)
    static func isTarget(_ byte: UInt8) -> Bool {
        self.contains(byte, low: 0xAFFF_FFF2_0000_0000, high: 0x47FF_FFFE_87FF_FFFF)
    }

    /// Whether the byte can be in a host with its port: letters, digits and `-._~!$&'()*+,;=%:[]` (RFC 3986, section 3.2).
    @inline(__always)
    static func isHost(_ byte: UInt8) -> Bool {
        self.contains(byte, low: 0x2FFF_7FF2_0000_0000, high: 0x47FF_FFFE_AFFF_FFFE)
    }

    @inline(__always)
    private static func contains(_ byte: UInt8, low: UInt64, high: UInt64) -> Bool {
        byte < 128 && (byte < 64 ? low : high) &>> UInt64(byte & 63) & 1 == 1
    }
}
