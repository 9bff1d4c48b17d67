// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

extension ByteBuffer {
    /// Checks that the readable bytes are one JSON object and reads the members that are asked for.
    ///
    /// - Throws: `JSONError` where they are none, or where `read` finds a member twice.
    func readJSONObject<Result>(
        members: JSONMemberNames,
        _ read: (JSONObjectView) throws(JSONError) -> Result
    ) throws(JSONError) -> Result {
        let result: Swift.Result<Result, JSONError> = self.withUnsafeReadableBytes { bytes in
            do throws(JSONError) {
                return .success(try read(try JSONObjectView(validating: bytes, members: members)))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
