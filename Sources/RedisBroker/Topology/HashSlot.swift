// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The hash slots of a Redis Cluster: CRC16 (XMODEM) of a key's hash tag, modulo 16,384 (redis.io, "Redis cluster
/// specification", "Hash tags").
enum HashSlot {
    /// The slot of a key: of what is between its first brace and the next closing one, where there is something.
    static func ofKey(_ key: String) -> UInt16 {
        let bytes = Array(key.utf8)
        guard let open = bytes.firstIndex(of: UInt8(ascii: "{")),
            let close = bytes[(open + 1)...].firstIndex(of: UInt8(ascii: "}")), close > open + 1
        else { return self.of(bytes) }
        return self.of(bytes[(open + 1)..<close])
    }

    /// The slot of a hash tag.
    static func of(_ tag: some Sequence<UInt8>) -> UInt16 {
        var crc: UInt16 = 0
        for byte in tag {
            crc ^= UInt16(byte) << 8
            for _ in 0..<8 { crc = crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021 }
        }
        return crc % UInt16(RedisPlace.slotCount)
    }
}
