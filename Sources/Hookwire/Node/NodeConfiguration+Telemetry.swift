// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Egress
internal import Logging
internal import NIOCore
internal import OTLP
internal import Shared

/// A node's telemetry settings.
struct TelemetryConfiguration: Sendable {
    var logFormat = LogFormat.text
    /// Where traces are sent; nil for nowhere.
    var endpoint: String?
    /// The share of the requests that begin a trace.
    var sample = 1.0
    var headers: [OTLPConfiguration.Header] = []
}

extension NodeConfiguration {
    mutating func readTelemetry(_ reader: SettingsReader) throws(SettingsError) {
        try reader.read(.logFormat, into: &self, \.telemetry.logFormat)
        self.telemetry.endpoint = try reader.value(.httpURL("otlp-endpoint")).map { Self.collector($0) }
        let sample = try reader.value(.share("trace-sample"))
        let headers = try reader.value(.otlpHeaders)
        guard self.telemetry.endpoint != nil || (sample == nil && headers == nil) else {
            throw SettingsError(
                message: "--trace-sample and HOOKWIRE_OTLP_HEADERS say nothing without --otlp-endpoint, the address of "
                    + "the collector: give that too."
            )
        }
        if let sample { self.telemetry.sample = sample }
        if let headers { self.telemetry.headers = headers.list }
    }

    /// A collector's address, of that or of its traces: what is added to it is not added twice.
    private static func collector(_ url: String) -> String {
        guard url.hasSuffix(OTLPConfiguration.tracesPath) else { return url }
        // The name of a host may look like it: http://v1/traces.
        return HTTPURLText.parse(String(url.dropLast(OTLPConfiguration.tracesPath.count))) ?? url
    }

    /// Starts exporting traces; nil if no collector is configured.
    func exporter(group: any EventLoopGroup, logger: Logger) -> OTLPExporter? {
        self.telemetry.endpoint.map { endpoint in
            let configuration = OTLPConfiguration(
                endpoint: endpoint,
                headers: self.telemetry.headers,
                resource: [
                    ("service.name", "hookwire"), ("service.version", Hookwire.configuration.version),
                    ("service.instance.id", self.egress.nodeName), ("hookwire.tier", self.tier.rawValue),
                ]
            )
            return OTLPExporter(configuration: configuration, group: group, logger: logger)
        }
    }
}
