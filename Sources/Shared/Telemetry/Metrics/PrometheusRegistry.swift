// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import CoreMetrics
internal import Synchronization

/// The swift-metrics backend of this process, exported in Prometheus' text format, version 0.0.4 (prometheus.io,
/// "Exposition formats").
///
/// Handlers with the same label and dimensions share a cell. Cells are never dropped: dimension values must be bounded.
public final class PrometheusRegistry: MetricsFactory {
    private let families = Mutex<[String: PrometheusFamily]>([:])

    /// An empty registry.
    public init() {}

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        self.cell(label, .counter, dimensions)
    }

    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        self.cell(label, .counter, dimensions)
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        self.cell(label, .gauge, dimensions)
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        self.cell(label, aggregate ? .summary : .gauge, dimensions)
    }

    /// Durations as a histogram, in seconds; the label should end in `_seconds`.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        self.cell(label, .histogram, dimensions) { HistogramCell() }
    }

    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}

    /// All cells as text, ordered by name and labels.
    public func text() -> String {
        let families = self.families.withLock { $0 }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            if let help = MetricCatalogue.help[name] { text += "# HELP \(name) \(help)\n" }
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            for (labels, cell) in family.cells.sorted(by: { $0.key < $1.key }) {
                cell.write(name: name, labels: labels, to: &text)
            }
        }
        return text
    }

    private func cell(
        _ label: String,
        _ kind: PrometheusFamily.Kind,
        _ dimensions: [(String, String)]
    ) -> PrometheusCell {
        self.cell(label, kind, dimensions) { PrometheusCell(kind: kind) }
    }

    private func cell<Cell: MetricCell>(
        _ label: String,
        _ kind: PrometheusFamily.Kind,
        _ dimensions: [(String, String)],
        make: () -> Cell
    ) -> Cell {
        let name = PrometheusText.metricName(label)
        let labels = PrometheusText.labels(dimensions)
        return self.families.withLock { families in
            if let known = families[name]?.cells[labels] {
                guard let cell = known as? Cell else { preconditionFailure("\(name) is two kinds of metric") }
                return cell
            }
            let cell = make()
            families[name, default: PrometheusFamily(kind: kind)].cells[labels] = cell
            return cell
        }
    }
}

/// All cells of one metric name.
struct PrometheusFamily {
    /// What Prometheus calls the metric's type.
    enum Kind: String {
        case counter
        case gauge
        /// Counts by upper bounds, with a count and a sum.
        case histogram
        /// A count and a sum, without quantiles.
        case summary
    }

    var kind: Kind
    /// By rendered labels.
    var cells: [String: any MetricCell] = [:]
}
