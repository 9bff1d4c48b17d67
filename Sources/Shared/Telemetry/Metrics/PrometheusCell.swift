// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import CoreMetrics
internal import Synchronization

/// One time series. May be changed from any thread.
final class PrometheusCell: MetricCell {
    private struct Value {
        var number: Double = 0
        var count: Int64 = 0
    }

    /// Counters are on the hot path and integral, so they need no lock.
    private let increments = Atomic<Int64>(0)
    private let value = Mutex(Value())
    private let kind: PrometheusFamily.Kind

    init(kind: PrometheusFamily.Kind) {
        self.kind = kind
    }

    func write(name: String, labels: String, to text: inout String) {
        let increments = self.increments.load(ordering: .relaxed)
        let value = self.value.withLock { $0 }
        switch self.kind {
        case .counter:
            text += "\(name)\(labels) \(PrometheusText.number(Double(increments) + value.number))\n"
        case .gauge:
            text += "\(name)\(labels) \(PrometheusText.number(value.number))\n"
        case .histogram:
            preconditionFailure("histograms have cells of their own")
        case .summary:
            text += "\(name)_sum\(labels) \(PrometheusText.number(value.number))\n"
            text += "\(name)_count\(labels) \(value.count)\n"
        }
    }
}

extension PrometheusCell: CounterHandler {
    func increment(by amount: Int64) {
        self.increments.wrappingAdd(amount, ordering: .relaxed)
    }

    func reset() {
        self.increments.store(0, ordering: .relaxed)
        self.value.withLock { $0 = Value() }
    }
}

extension PrometheusCell: FloatingPointCounterHandler {
    func increment(by amount: Double) {
        self.value.withLock { $0.number += amount }
    }
}

extension PrometheusCell: MeterHandler {
    func set(_ value: Int64) {
        self.set(Double(value))
    }

    func set(_ value: Double) {
        self.value.withLock { $0.number = value }
    }

    func decrement(by amount: Double) {
        self.value.withLock { $0.number -= amount }
    }
}

extension PrometheusCell: RecorderHandler {
    func record(_ value: Int64) {
        self.record(Double(value))
    }

    func record(_ value: Double) {
        // A recorder that does not aggregate shows its last value.
        guard self.kind == .summary else { return self.set(value) }
        self.value.withLock {
            $0.number += value
            $0.count += 1
        }
    }
}
