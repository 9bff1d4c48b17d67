// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A bot's secret, a password or a token: text that must not reach a log, a metric, an error or a title.
///
/// However it is printed, interpolated, dumped or mirrored, it shows `<redacted>`; it is not `Codable`. The text is
/// accessible only through members whose names begin with `expose`, so that a search or a review finds each use.
/// Comparison is constant-time.
public struct Secret: Sendable {
    private let text: String

    public init(_ text: String) {
        var text = text
        text.makeContiguousUTF8()
        self.text = text
    }

    public var isEmpty: Bool { self.text.isEmpty }

    /// The length of the secret in bytes of UTF-8.
    public var utf8Count: Int { self.text.utf8.count }

    /// The secret itself. Do not store, print or interpolate it.
    public func exposeText() -> String { self.text }

    /// The secret's UTF-8 bytes, during the call only. No copy is made.
    public func exposeUTF8<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let outcome: Swift.Result<Result, Failure> = self.text.utf8.withContiguousBytes { bytes in
            do throws(Failure) {
                return .success(try body(bytes))
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }
}

extension Secret: Hashable {
    public static func == (left: Secret, right: Secret) -> Bool {
        ConstantTime.equal(left.text.utf8, right.text.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        self.text.utf8.withContiguousBytes { hasher.combine(bytes: $0) }
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<redacted>" }
    public var debugDescription: String { "<redacted>" }
    public var customMirror: Mirror { Mirror(self, children: ["value": "<redacted>"]) }
}
