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
        let timer = registry.makeTimer(label: "c_seconds", dimensions: [])
        timer.recordNanoseconds(1_500_000_000)
        timer.recordNanoseconds(500_000_000)
        #expect(
            registry.text() == """
                # TYPE a_sockets gauge
                a_sockets 2
                # TYPE b_total counter
                b_total{platform="qq",reason="x"} 1
                b_total{platform="qq",reason="y"} 2
                # TYPE c_seconds summary
                c_seconds_sum 2
                c_seconds_count 2

                """
        )
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
