// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Times of day as a table shows them.
enum LocalTime {
    /// `14:03:27.125` in the machine's time zone.
    static func text(milliseconds: Int64) -> String {
        var seconds = time_t(milliseconds / 1_000)
        var fields = tm()
        localtime_r(&seconds, &fields)
        func pad(_ number: Int64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(pad(Int64(fields.tm_hour), 2)):\(pad(Int64(fields.tm_min), 2)):\(pad(Int64(fields.tm_sec), 2))"
            + ".\(pad(milliseconds % 1_000, 3))"
    }
}
