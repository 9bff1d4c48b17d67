// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// A file that holds one secret, as secrets are mounted into containers.
enum SecretFile {
    /// The most bytes that are read.
    static let limit = 64 << 10

    /// Why it does not do; the sentence names the file, and nothing of what is in it.
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// What the file holds, without the line end at its end.
    ///
    /// - Parameter path: `-` for standard input.
    static func read(_ path: String) throws(Fault) -> String {
        let bytes: [UInt8]
        do {
            bytes = try InputFile.read(path, limit: self.limit)
        } catch {
            throw Fault(description: "\(path) cannot be read: \(error)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Fault(description: "\(path) is no text in UTF-8")
        }
        return FileContent.withoutLineEnd(text)
    }
}
