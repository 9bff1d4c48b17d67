// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The limits of a reply. One that exceeds them is `ReplyOutcome.unfit`, wherever it is detected.
public enum ReplyLimits {
    /// The longest text, in bytes of UTF-8.
    public static let textBytes = 64 << 10
    /// The longest body, in bytes.
    public static let bodyBytes = 1 << 20
    /// How many header fields a response may have.
    public static let fieldCount = 64
    /// The names and values of all fields together, in bytes.
    public static let fieldBytes = 16 << 10
    /// Which statuses a response may have: those of a final answer.
    public static let statuses = 200...599
    /// Those that have no body (RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5).
    static let bodylessStatuses = [204, 205, 304]
}

extension Reply {
    /// Whether it is within `ReplyLimits` and valid HTTP (RFC 9110, sections 5.1, 5.5 and 15): no field may inject
    /// another one. Whether it suits the platform is checked elsewhere.
    public var isFit: Bool {
        switch self {
        case .text(let text):
            return text.utf8.count <= ReplyLimits.textBytes
        case .response(let response):
            guard ReplyLimits.statuses.contains(response.status),
                response.body.readableBytes <= ReplyLimits.bodyBytes,
                response.body.readableBytes == 0 || !ReplyLimits.bodylessStatuses.contains(response.status),
                response.headers.count <= ReplyLimits.fieldCount
            else { return false }
            var bytes = 0
            for field in response.headers {
                bytes += field.name.utf8.count + field.value.utf8.count
                guard bytes <= ReplyLimits.fieldBytes, field.isFit else { return false }
            }
            return true
        }
    }
}

extension Reply.Field {
    /// Whether its name is a token and its value has no control characters but tabs.
    fileprivate var isFit: Bool {
        self.name.isHTTPToken && self.value.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
    }
}
