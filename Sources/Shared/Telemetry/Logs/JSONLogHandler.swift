// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import Logging

/// Writes log lines as JSON, an object a line: `time`, `level`, `logger`, `message`, and the metadata beside them.
///
/// A metadata key that is one of these four gets an underscore appended.
public struct JSONLogHandler: LogHandler {
    public var logLevel = Logger.Level.info
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let now: @Sendable () -> Int64
    private let output: @Sendable ([UInt8]) -> Void

    private static let ownKeys: Set<String> = ["time", "level", "logger", "message"]
    /// How deep metadata may be nested; what is deeper is written as text.
    private static let depthLimit = 4

    /// - Parameters:
    ///   - now: milliseconds since 1970.
    ///   - output: takes a whole line with its line end, on any thread.
    public init(
        label: String,
        now: @escaping @Sendable () -> Int64 = WallClock.now,
        output: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.label = label
        self.now = now
        self.output = output
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var metadata = self.metadata
        if let provided = self.metadataProvider?.get() { metadata.merge(provided) { _, new in new } }
        if let own = event.metadata { metadata.merge(own) { _, new in new } }
        if let error = event.error { metadata["error"] = "\(error)" }
        self.output(
            Self.line(
                time: self.now(),
                level: event.level,
                label: self.label,
                message: "\(event.message)",
                metadata: metadata
            )
        )
    }

    /// One line with its line end.
    static func line(
        time: Int64,
        level: Logger.Level,
        label: String,
        message: String,
        metadata: Logger.Metadata
    ) -> [UInt8] {
        var line = Array(#"{"time":"#.utf8)
        let milliseconds = String(1_000 + time % 1_000).dropFirst()
        JSONWriter.append("\(UTCTimeText.format(milliseconds: time).dropLast()).\(milliseconds)Z", to: &line)
        for (name, value) in [("level", level.rawValue), ("logger", label), ("message", message)] {
            line.append(UInt8(ascii: ","))
            JSONWriter.append(name, to: &line)
            line.append(UInt8(ascii: ":"))
            JSONWriter.append(value, to: &line)
        }
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            line.append(UInt8(ascii: ","))
            JSONWriter.append(self.ownKeys.contains(key) ? key + "_" : key, to: &line)
            line.append(UInt8(ascii: ":"))
            self.append(value, to: &line, depth: 1)
        }
        line.append(contentsOf: "}\n".utf8)
        return line
    }

    private static func append(_ value: Logger.MetadataValue, to line: inout [UInt8], depth: Int) {
        switch value {
        case .array(let values) where depth < self.depthLimit:
            line.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                self.append(value, to: &line, depth: depth + 1)
            }
            line.append(UInt8(ascii: "]"))
        case .dictionary(let members) where depth < self.depthLimit:
            line.append(UInt8(ascii: "{"))
            for (index, (key, value)) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                JSONWriter.append(key, to: &line)
                line.append(UInt8(ascii: ":"))
                self.append(value, to: &line, depth: depth + 1)
            }
            line.append(UInt8(ascii: "}"))
        case .string, .stringConvertible, .array, .dictionary:
            JSONWriter.append("\(value)", to: &line)
        }
    }
}
