// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import OTLP
internal import Shared

/// How log lines are written.
enum LogFormat: String, CaseIterable, Sendable {
    case text
    case json
}

/// Which fields a collector wants: a name and a secret each.
struct OTLPHeaders: Sendable {
    private static let countLimit = 16
    /// How long one value may be, in bytes.
    private static let valueLimit = 4_096

    var list: [OTLPConfiguration.Header] = []

    /// Reads them as OpenTelemetry has them in OTEL_EXPORTER_OTLP_HEADERS: `name=value`, the values percent-encoded.
    init?(_ text: String) {
        for pair in text.split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0].trimmingSpaces)
            guard parts.count == 2, name.isHTTPToken, self.list.count < Self.countLimit,
                let value = PercentEncoding.decode(parts[1].trimmingSpaces), value.utf8.count <= Self.valueLimit,
                value.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
            else { return nil }
            self.list.append(OTLPConfiguration.Header(name: name, value: Secret(value)))
        }
        if self.list.isEmpty { return nil }
    }
}

extension Setting<LogFormat> {
    /// One of the formats.
    static let logFormat = Setting.choice("log-format")
}

extension Setting<Double> {
    /// A part of a whole: `0.1`.
    static func share(_ name: String) -> Setting {
        Setting(name: name, expectation: "a number from 0 to 1, such as 0.1") { text in
            Double(text).flatMap { (0...1).contains($0) ? $0 : nil }
        }
    }
}

extension Setting<OTLPHeaders> {
    /// The collector's authentication header fields. Never a flag: the process list would show it.
    static let otlpHeaders = Setting(
        name: "otlp-headers",
        expectation: "header fields for the collector, such as authorization=Bearer%20abc,x-tenant=7",
        isSecret: true,
        hasFlag: false,
        meaning: "Header fields that the collector of traces wants: name=value with commas between, percent-encoded."
    ) { OTLPHeaders($0) }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }
}
