// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Which characters a document may have (XML 1.0, fifth edition, section 2.2).
enum XMLCharacters {
    /// U+FFFD in UTF-8.
    private static let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]

    static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x9, 0xA, 0xD, 0x20...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }

    /// A document with U+FFFD for each forbidden character: WeChat passes on pasted text. Invalid UTF-8 is left as it
    /// is.
    static func replacingForbidden(in document: some Collection<UInt8>) -> [UInt8] {
        var readable: [UInt8] = []
        readable.reserveCapacity(document.count)
        for byte in document {
            switch byte {
            case 0x00...0x08, 0x0B...0x0C, 0x0E...0x1F:
                readable += self.replacement
            // The last byte of U+FFFE or U+FFFF.
            case 0xBE...0xBF where readable.suffix(2).elementsEqual(self.replacement.prefix(2)):
                readable.append(0xBD)
            default:
                readable.append(byte)
            }
        }
        return readable
    }
}
