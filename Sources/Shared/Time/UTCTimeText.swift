// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Times as an operator writes them: a day, `2027-01-31`, meaning its start in UTC, or a second of it,
/// `2027-01-31T12:00:00Z` (RFC 3339, in UTC).
public enum UTCTimeText {
    /// Milliseconds since 1970; nil for anything else, and for invalid dates.
    public static func parse(_ text: String) -> Int64? {
        let full = text.utf8.count == 10 ? text + "T00:00:00Z" : text
        let bytes = Array(full.utf8)
        guard bytes.count == 20, self.hasForm(bytes) else { return nil }
        func number(_ range: Range<Int>) -> Int32 {
            bytes[range].reduce(0) { $0 * 10 + Int32($1 - UInt8(ascii: "0")) }
        }
        var fields = tm()
        (fields.tm_year, fields.tm_mon, fields.tm_mday) = (number(0..<4) - 1900, number(5..<7) - 1, number(8..<10))
        (fields.tm_hour, fields.tm_min, fields.tm_sec) = (number(11..<13), number(14..<16), number(17..<19))
        let seconds = Int64(timegm(&fields))
        // A field that is too large has been carried into the next.
        return self.format(milliseconds: seconds * 1_000) == full ? seconds * 1_000 : nil
    }

    /// `2027-01-31T12:00:00Z`; fractions of a second are dropped.
    public static func format(milliseconds: Int64) -> String {
        var time = time_t(milliseconds / 1_000)
        var fields = tm()
        gmtime_r(&time, &fields)
        func pad(_ number: Int32, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        return "\(pad(fields.tm_year + 1900, 4))-\(pad(fields.tm_mon + 1, 2))-\(pad(fields.tm_mday, 2))"
            + "T\(pad(fields.tm_hour, 2)):\(pad(fields.tm_min, 2)):\(pad(fields.tm_sec, 2))Z"
    }

    private static func hasForm(_ bytes: [UInt8]) -> Bool {
        zip(bytes, "dddd-dd-ddTdd:dd:ddZ".utf8).allSatisfy { byte, form in
            form == UInt8(ascii: "d") ? (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) : byte == form
        }
    }
}
