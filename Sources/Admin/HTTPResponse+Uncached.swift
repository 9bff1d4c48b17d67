// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

extension HTTPResponse {
    /// JSON that no cache may keep: it changes, and is an operator's alone.
    static func uncached(_ json: [UInt8], status: HTTPResponseStatus = .ok) -> HTTPResponse {
        HTTPResponse.json(ByteBuffer(bytes: json), status: status).uncached
    }
}
