// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// A bot's answer, which becomes the webhook's HTTP response.
public enum Reply: Sendable, Equatable {
    /// A text, to be wrapped in the platform's own format.
    case text(String)
    /// The complete response for the platform.
    case response(Response)

    /// An HTTP response made by the bot.
    public struct Response: Sendable, Equatable {
        /// 200 to 599.
        public var status: Int
        /// Header fields; those that frame the message are the connection's and are dropped.
        public var headers: [Field]
        /// The body.
        public var body: ByteBuffer

        /// A response from its parts.
        public init(status: Int, headers: [Field], body: ByteBuffer) {
            self.status = status
            self.headers = headers
            self.body = body
        }
    }

    /// A header field.
    public struct Field: Sendable, Equatable {
        public var name: String
        public var value: String

        /// A field from its parts.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }
}

/// The outcome of a reply; also a metric label, and reported to the bot.
public enum ReplyOutcome: String, Sendable, CaseIterable {
    /// It was sent to the platform.
    case accepted
    /// Another reply was first.
    case second
    /// The deadline had passed; the platform got the fallback.
    case late
    /// No request waits for it: the token is wrong, or its node is gone.
    case unknown
    /// Not a valid answer to the platform: too long, or a status or field that HTTP does not allow.
    case unfit
}
