// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Finds the end of a response's head, the empty line (RFC 9112, section 2.1), in bytes that are split anywhere.
struct HTTPResponseHeadBytes {
    /// How far it is.
    enum Progress: Equatable {
        /// All bytes belong to it, and more have to come.
        case incomplete
        /// It is longer than `limit`, and no server's.
        case tooLong
        /// The head with the empty line at its end; `taken` is how many of the bytes belong to it.
        case whole([UInt8], taken: Int)
    }

    /// The longest head that is read, in bytes.
    static let limit = 64 << 10

    private var bytes: [UInt8] = []

    /// Whether nothing of a head has come.
    var isEmpty: Bool { self.bytes.isEmpty }

    /// Takes the next bytes. Behind a whole head it begins with the next one.
    mutating func receive(_ bytes: UnsafeRawBufferPointer) -> Progress {
        for (index, byte) in bytes.enumerated() {
            guard self.bytes.count < Self.limit else { return .tooLong }
            self.bytes.append(byte)
            guard byte == UInt8(ascii: "\n"), self.bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) else { continue }
            let head = self.bytes
            self.bytes = []
            return .whole(head, taken: index + 1)
        }
        return .incomplete
    }
}
