// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Whether bytes are a JSON text.
enum JSONText {
    enum Kind {
        /// An object or an array.
        case container
        /// A string, a number, a truth value or null.
        case scalar
    }

    private static let noMembers = JSONMemberNames()

    /// The kind of a text; nil if it is not JSON, or nested too deep to be parsed safely.
    static func kind(of text: ByteBuffer) -> Kind? {
        text.withUnsafeReadableBytes { bytes in
            do throws(JSONError) {
                _ = try JSONObjectView(validating: bytes, members: Self.noMembers)
                return .container
            } catch {
                guard error.reason == .notAnObject else { return nil }
                let first = bytes.first { $0 > 0x20 }
                return first == UInt8(ascii: "[") ? .container : .scalar
            }
        }
    }
}
