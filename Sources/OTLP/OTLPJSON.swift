// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Spans as a request to a collector: OTLP's `ExportTraceServiceRequest` in JSON (OTLP specification 1, "JSON Protobuf
/// Encoding": ids as hexadecimal digits, 64-bit numbers as text, enums as numbers).
enum OTLPJSON {
    /// One request's body.
    static func encode(_ spans: [TraceSpan], resource: [(key: String, value: String)]) -> [UInt8] {
        var source = JSONObjectWriter()
        source.member("attributes", json: self.attributes(resource.map { ($0.key, .text($0.value)) }))
        var scope = JSONObjectWriter()
        scope.member("name", "hookwire")
        var ofScope = JSONObjectWriter()
        ofScope.member("scope", json: scope.finish())
        ofScope.member("spans", json: JSONWriter.array(spans.map { self.encode($0) }))
        var ofResource = JSONObjectWriter()
        ofResource.member("resource", json: source.finish())
        ofResource.member("scopeSpans", json: JSONWriter.array([ofScope.finish()]))
        var request = JSONObjectWriter()
        request.member("resourceSpans", json: JSONWriter.array([ofResource.finish()]))
        return request.finish()
    }

    private static func encode(_ span: TraceSpan) -> [UInt8] {
        var json = JSONObjectWriter()
        json.member("traceId", span.context.trace.description)
        json.member("spanId", Hex.encode(bigEndian: span.context.span))
        if let parent = span.parent { json.member("parentSpanId", Hex.encode(bigEndian: parent)) }
        if !span.state.text.isEmpty { json.member("traceState", span.state.text) }
        json.member("name", span.name.rawValue)
        json.member("kind", self.kind(of: span.name))
        json.member("startTimeUnixNano", String(span.start))
        json.member("endTimeUnixNano", String(span.end))
        json.member("attributes", json: self.attributes(span.attributes))
        if let failure = span.failure {
            var status = JSONObjectWriter()
            // STATUS_CODE_ERROR
            status.member("code", 2)
            status.member("message", failure)
            json.member("status", json: status.finish())
        }
        return json.finish()
    }

    /// `SpanKind`: server, producer, consumer, client.
    private static func kind(of name: TraceSpan.Name) -> Int {
        switch name {
        case .receive: 2
        case .publish: 4
        case .deliver: 5
        case .reply: 3
        }
    }

    private static func attributes(_ attributes: [(key: String, value: TraceSpan.Value)]) -> [UInt8] {
        JSONWriter.array(
            attributes.map { key, value in
                var content = JSONObjectWriter()
                switch value {
                case .text(let text): content.member("stringValue", text)
                case .number(let number): content.member("intValue", String(number))
                }
                var attribute = JSONObjectWriter()
                attribute.member("key", key)
                attribute.member("value", json: content.finish())
                return attribute.finish()
            }
        )
    }
}
