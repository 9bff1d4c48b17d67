// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import NIOCore

/// Times as people read them.
enum TimeText {
    static func format(_ time: TimeAmount) -> String {
        let milliseconds = time.nanoseconds / 1_000_000
        guard milliseconds >= 1_000 else { return "\(milliseconds) ms" }
        let tenths = milliseconds / 100
        return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
    }
}

/// What an answer's times mean to a platform.
enum TimeJudgement {
    /// Clocks nearer than this count as the same, in seconds: an answer's date has no fractions.
    private static let negligible: Int64 = 30
    /// How old a signature may be by default, in seconds.
    private static let freshness: Int64 = 300

    static func duration(_ answer: ProbeAnswer, _ rules: PlatformRules) -> Finding {
        let time = TimeText.format(answer.time)
        let limit = TimeText.format(rules.limit)
        if answer.time > rules.limit { return .tooSlow(time, limit: limit, waitsForBot: rules.waitsForBot) }
        return answer.time.nanoseconds > rules.limit.nanoseconds / 2
            ? .slow(time, limit: limit, waitsForBot: rules.waitsForBot) : .inTime(time, limit: limit)
    }

    static func clock(_ answer: ProbeAnswer) -> Finding {
        guard let date = answer.field("date").flatMap({ self.seconds($0) }) else { return .skipped(.clock, .noDate) }
        // The date may be of any moment while the answer was on its way.
        let here = (answer.period.lowerBound / 1_000 - 1)...(answer.period.upperBound / 1_000 + 1)
        let difference =
            here.contains(date) ? 0 : date < here.lowerBound ? date - here.lowerBound : date - here.upperBound
        if abs(difference) <= self.negligible { return .clockRight(max(1, abs(difference))) }
        return .clockOff(difference, isFatal: abs(difference) > self.freshness)
    }

    /// Reads an IMF-fixdate, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7); nil for anything else. The server
    /// may send any number.
    private static func seconds(_ text: String) -> Int64? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let month = self.months.firstIndex(of: words[2]),
            let day = self.number(words[1], in: 1...31), words[3].utf8.count == 4,
            let year = self.number(words[3], in: 1_000...9_999)
        else { return nil }
        let time = words[4].split(separator: ":", omittingEmptySubsequences: false)
        // A leap second is the 60th.
        guard time.count == 3, let hour = self.number(time[0], in: 0...23),
            let minute = self.number(time[1], in: 0...59), let second = self.number(time[2], in: 0...60)
        else { return nil }
        var fields = tm()
        fields.tm_year = year - 1_900
        fields.tm_mon = Int32(month)
        fields.tm_mday = day
        (fields.tm_hour, fields.tm_min, fields.tm_sec) = (hour, minute, second)
        return Int64(timegm(&fields))
    }

    private static func number(_ text: Substring, in range: ClosedRange<Int32>) -> Int32? {
        Int32(text).flatMap { range.contains($0) ? $0 : nil }
    }

    private static let months: [Substring] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
