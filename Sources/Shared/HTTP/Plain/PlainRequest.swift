// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore
internal import NIOHTTP1

/// A complete plain request.
package struct PlainRequest {
    let method: HTTPMethod
    package let target: String
    let fields: FieldLines
    package let body: ByteBuffer
    let isHandshake: Bool
}
