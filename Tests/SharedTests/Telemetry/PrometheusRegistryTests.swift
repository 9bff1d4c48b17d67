// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import Shared
import Testing

@Suite struct PrometheusRegistryTests {
    /// The text is Prometheus' format, version 0.0.4, ordered so that two scrapes can be compared.
    @Test func text() {
        let registry = PrometheusRegistry()
        registry.makeCounter(label: "b_total", dimensions: [("reason", "y"), ("platform", "qq")]).increment(by: 2)
        registry.makeCounter(label: "b_total", dimensions: [("platform", "qq"), ("reason", "x")]).increment(by: 1)
        let gauge = registry.makeMeter(label: "a.sockets", dimensions: [])
        gauge.increment(by: 3)
        gauge.decrement(by: 1)
        #expect(
            registry.text() == """
                # TYPE a_sockets gauge
                a_sockets 2
                # TYPE b_total counter
                b_total{platform="qq",reason="x"} 1
                b_total{platform="qq",reason="y"} 2

                """
        )
    }

    /// A timer is a histogram: what was recorded counts in each bucket that it fits into, and in the sum in seconds.
    @Test func histograms() {
        let registry = PrometheusRegistry()
        let timer = registry.makeTimer(label: "hookwire_publish_seconds", dimensions: [("platform", "qq")])
        // One on a bound, one beyond all, and one by a clock that was set back.
        for duration in [1_500_000, 25_000_000, 60_000_000_000, -5] as [Int64] { timer.recordNanoseconds(duration) }
        let lines = registry.text().split(separator: "\n").map(String.init)
        #expect(lines[0].hasPrefix("# HELP hookwire_publish_seconds From "))
        #expect(lines[1] == "# TYPE hookwire_publish_seconds histogram")
        var counts: [String: String] = [:]
        for line in lines.dropFirst(2) {
            let parts = line.split(separator: " ")
            counts[String(parts[0])] = String(parts[1])
        }
        for (bound, count) in [
            ("0.00001", "1"), ("0.001", "1"), ("0.0025", "2"), ("0.01", "2"), ("0.025", "3"), ("30", "3"),
            ("+Inf", "4"),
        ] {
            #expect(counts["hookwire_publish_seconds_bucket{platform=\"qq\",le=\"\(bound)\"}"] == count, "\(bound)")
        }
        #expect(counts["hookwire_publish_seconds_count{platform=\"qq\"}"] == "4")
        #expect(counts["hookwire_publish_seconds_sum{platform=\"qq\"}"] == "60.0265")
        #expect(counts.count == 23)
    }

    /// What several threads record at once is all there.
    @Test func concurrentRecords() async {
        let registry = PrometheusRegistry()
        await withTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    let timer = registry.makeTimer(label: "a_seconds", dimensions: [])
                    for index in 0..<10_000 { timer.recordNanoseconds(Int64(index % 3) * 20_000) }
                }
            }
        }
        #expect(registry.text().contains("a_seconds_count 40000\n"))
        #expect(registry.text().contains("a_seconds_sum 0.79992\n"))
    }

    /// Handlers of one label and one set of dimensions count together, whoever made them.
    @Test func sharedCells() {
        let registry = PrometheusRegistry()
        for _ in 0..<3 { registry.makeCounter(label: "a_total", dimensions: [("x", "1")]).increment(by: 1) }
        #expect(registry.text().contains("a_total{x=\"1\"} 3\n"))
    }

    /// A value cannot break out of its quotes, nor a name out of the grammar.
    @Test func escaping() {
        let registry = PrometheusRegistry()
        registry.makeCounter(label: "1 bad-name", dimensions: [("la bel", "a\"b\\c\nd")]).increment(by: 1)
        #expect(registry.text().contains(#"_1_bad_name{la_bel="a\"b\\c\nd"} 1"#))
    }

    /// A recorder that does not aggregate shows its last value, one that does sums.
    @Test func recorders() {
        let registry = PrometheusRegistry()
        for aggregate in [false, true] {
            let recorder = registry.makeRecorder(
                label: aggregate ? "sum" : "last",
                dimensions: [],
                aggregate: aggregate
            )
            recorder.record(2 as Int64)
            recorder.record(3 as Int64)
        }
        #expect(registry.text().contains("\nlast 3\n"))
        #expect(registry.text().contains("\nsum_sum 5\nsum_count 2\n"))
    }

    /// Numbers are written as Prometheus reads them.
    @Test func numbers() {
        let registry = PrometheusRegistry()
        let meter = registry.makeMeter(label: "m", dimensions: [])
        meter.set(0.25)
        #expect(registry.text().contains("m 0.25\n"))
        meter.set(Double.infinity)
        #expect(registry.text().contains("m +Inf\n"))
        meter.set(Double.nan)
        #expect(registry.text().contains("m NaN\n"))
    }
}
