// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared

/// Checks a text and hands its view over while the bytes live.
func withJSONView<Result>(
    _ text: some Sequence<UInt8>,
    _ names: [String] = [],
    maximumDepth: Int = JSONObjectView.maximumDepth,
    _ body: (JSONObjectView) throws -> Result
) throws -> Result {
    // Memory of exactly the text's size, so that a sanitizer sees a read beyond it.
    let source = Array(text)
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 1)
    defer { bytes.deallocate() }
    bytes.copyBytes(from: source)
    let view = try JSONObjectView(
        validating: UnsafeRawBufferPointer(bytes),
        members: JSONMemberNames(names),
        maximumDepth: maximumDepth
    )
    return try body(view)
}

/// Why a text is refused; `nil` if it is accepted.
func jsonError(
    _ text: some Sequence<UInt8>,
    _ names: [String] = [],
    maximumDepth: Int = JSONObjectView.maximumDepth
) -> JSONError? {
    do {
        try withJSONView(text, names, maximumDepth: maximumDepth) { _ in }
        return nil
    } catch {
        return error as? JSONError ?? JSONError(.tooLong, at: -1)
    }
}
