// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// The text of the `Date` field (RFC 9110, section 5.6.7), formatted once a second. Confined to one event loop.
final class HTTPDate {
    private static let days: [StaticString] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months: [StaticString] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private var second: time_t = -1
    private var text = ""

    /// The current date.
    func now() -> String {
        self.text(at: time(nil))
    }

    /// The date of a time in seconds since 1970-01-01T00:00:00Z.
    func text(at second: time_t) -> String {
        if second != self.second {
            self.second = second
            self.text = Self.format(second)
        }
        return self.text
    }

    private static func format(_ second: time_t) -> String {
        var second = second
        var fields = tm()
        gmtime_r(&second, &fields)
        func pad(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(self.days[Int(fields.tm_wday)]), \(pad(fields.tm_mday)) \(self.months[Int(fields.tm_mon)]) "
            + "\(fields.tm_year + 1900) \(pad(fields.tm_hour)):\(pad(fields.tm_min)):\(pad(fields.tm_sec)) GMT"
    }
}
