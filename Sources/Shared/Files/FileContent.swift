// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Reads files up to a size limit.
public enum FileContent {
    /// The size of one read, in bytes.
    private static let step = 64 << 10

    /// Reads to the end.
    ///
    /// - Parameters:
    ///   - limit: in bytes.
    ///   - read: reads some into a buffer, and returns how many; 0 at the end.
    /// - Returns: nil where there are more bytes than `limit`.
    public static func bytes<Failure: Error>(
        limit: Int,
        _ read: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) -> [UInt8]? {
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: self.step, alignment: 1)
        defer { chunk.deallocate() }
        var bytes: [UInt8] = []
        while true {
            let count = try read(chunk)
            guard count > 0 else { return bytes }
            bytes += chunk.prefix(count)
            guard bytes.count <= limit else { return nil }
        }
    }

    /// The text without one line end at its end, as editors and `echo` leave it.
    public static func withoutLineEnd(_ text: String) -> String {
        for end in ["\r\n", "\n"] where text.hasSuffix(end) { return String(text.dropLast()) }
        return text
    }
}
