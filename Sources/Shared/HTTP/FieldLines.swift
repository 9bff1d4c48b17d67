// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1

/// A header's fields as received, with the offsets of each name and value: a field that is never read is never decoded.
/// A class, because it is passed on a dozen times per event.
final class FieldLines: Sendable {
    /// The lines with their line ends; `moved(to:)` puts them in another buffer.
    let bytes: ByteBuffer
    private let marks: [FieldMark]

    /// - Parameter marks: offsets within `bytes`; names are tokens, values ASCII.
    init(bytes: ByteBuffer, marks: [FieldMark]) {
        self.bytes = bytes
        self.marks = marks
    }

    var count: Int { self.marks.count }

    /// The length of all fields, separators and line ends included.
    var byteCount: Int { self.bytes.readableBytes }

    /// Whether a value may contain a credential of a URL.
    var mayRepeatCredentials: Bool { self.bytes.withUnsafeReadableBytes { URLCredentials.mayStand(in: $0) } }

    /// The same fields, backed by another buffer with the same bytes.
    func moved(to bytes: ByteBuffer) -> FieldLines {
        precondition(bytes.readableBytes == self.bytes.readableBytes, "the same bytes")
        return FieldLines(bytes: bytes, marks: self.marks)
    }

    /// Visits the fields in order, until `body` returns false.
    func visit(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool) {
        self.bytes.withUnsafeReadableBytes { bytes in
            for mark in self.marks {
                let goesOn = body(
                    UnsafeRawBufferPointer(rebasing: bytes[mark.name]),
                    UnsafeRawBufferPointer(rebasing: bytes[mark.value])
                )
                guard goesOn else { return }
            }
        }
    }

    /// Looks for a name that may occur once.
    func single(_ name: StaticString, _ body: (UnsafeRawBufferPointer) -> Void) -> FieldOccurrence {
        self.bytes.withUnsafeReadableBytes { bytes in
            var found = FieldOccurrence.missing
            for mark in self.marks where Int(mark.nameLength) == name.utf8CodeUnitCount {
                guard FieldName.matches(UnsafeRawBufferPointer(rebasing: bytes[mark.name]), name) else { continue }
                guard found == .missing else { return .repeated }
                found = .once
                body(UnsafeRawBufferPointer(rebasing: bytes[mark.value]))
            }
            return found
        }
    }

    /// The fields, decoded.
    var headers: HTTPHeaders {
        var fields: [(String, String)] = []
        fields.reserveCapacity(self.marks.count)
        self.visit { name, value in
            fields.append((String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
            return true
        }
        return HTTPHeaders(fields)
    }
}
