// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// An error in the bots file: where, and how to fix it. Never contains a secret.
public struct BotFileFault: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Severity: String, Sendable {
        /// The file is not taken over.
        case error
        /// It is, and an operator should know.
        case warning
    }

    public let severity: Severity
    /// The file's path, as the operator gave it.
    public let file: String
    /// From 1; nil where it is the file as a whole.
    public let line: Int?
    /// What is wrong and how to fix it.
    public let sentence: String
    /// Whether it lies in reading and not in what was read, as where the process has no descriptor left: the file may be
    /// read at another time as it is.
    public var mayPass = false

    /// `bots.yaml:12: The key …`
    public var description: String {
        let place = self.line.map { "\(self.file):\($0)" } ?? self.file
        return "\(place): \(self.severity == .warning ? "warning: " : "")\(self.sentence)"
    }
}
