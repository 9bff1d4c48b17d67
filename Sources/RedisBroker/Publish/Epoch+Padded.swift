// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Epochs as scripts, replies and pushed messages have them: always sixteen lower-case hexadecimal digits.
extension Epoch {
    /// The digits.
    var padded: String {
        let digits = self.description
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// Reads what `padded` wrote; anything else, zero too, is nil.
    init?(padded digits: some Collection<UInt8>) {
        guard digits.count == 16 else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        guard value != 0 else { return nil }
        self.init(rawValue: value)
    }
}
