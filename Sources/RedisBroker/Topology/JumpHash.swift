// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Jump consistent hash (Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm", 2014): where one bucket
/// is added at the end, only what goes to it moves.
enum JumpHash {
    /// The bucket of a key, from 0; key 0 has bucket 0 whatever the number.
    ///
    /// - Parameter count: how many buckets there are, at least 1.
    static func bucket(of key: UInt64, count: Int) -> Int {
        precondition(count > 0, "a hash over no buckets")
        var key = key
        var bucket: Int64 = -1
        var next: Int64 = 0
        while next < count {
            bucket = next
            key = key &* 2_862_933_555_777_941_757 &+ 1
            next = Int64(Double(bucket + 1) * (Double(Int64(1) << 31) / Double((key >> 33) + 1)))
        }
        return Int(bucket)
    }
}
