// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1

/// The header fields that control a request's framing and its connection (RFC 9112, sections 3.2 and 6; RFC 9110,
/// section 10.1.1), collected in one pass.
struct MessageFields {
    private(set) var hostCount = 0
    /// The last `Host` value.
    private(set) var host: String?
    /// The declared length, if any; digits only, as the parser guarantees.
    private(set) var contentLength: String?
    /// All codings and expectations, each list as received.
    private(set) var transferCodings: [String] = []
    private(set) var expectations: [String] = []
    /// Whether the request asks for another protocol.
    private(set) var asksForUpgrade = false

    init(_ headers: HTTPHeaders) {
        for (name, value) in headers {
            switch name.utf8.count {
            case 4:
                if name.isFieldName("host") {
                    self.hostCount += 1
                    self.host = value.trimmingOptionalWhitespace
                }
            case 6: if name.isFieldName("expect") { self.expectations.append(value) }
            case 7: if name.isFieldName("upgrade") { self.asksForUpgrade = true }
            case 14:
                if name.isFieldName("content-length"), self.contentLength == nil {
                    self.contentLength = value.trimmingOptionalWhitespace
                }
            case 17: if name.isFieldName("transfer-encoding") { self.transferCodings.append(value) }
            default: break
            }
        }
    }
}
