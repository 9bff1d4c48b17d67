// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Times as the platforms write them.
enum Timestamp {
    /// A time in seconds since 1970-01-01T00:00:00Z as `2026-01-31T12:00:00+00:00`.
    static func iso8601(seconds: Int64) -> String {
        var time = time_t(seconds)
        var fields = tm()
        gmtime_r(&time, &fields)
        func pad(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(fields.tm_year + 1900)-\(pad(fields.tm_mon + 1))-\(pad(fields.tm_mday))"
            + "T\(pad(fields.tm_hour)):\(pad(fields.tm_min)):\(pad(fields.tm_sec))+00:00"
    }
}
