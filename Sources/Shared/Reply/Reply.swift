// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// A bot's answer, which becomes the webhook's HTTP response.
public enum Reply: Sendable, Equatable {
    /// A text, for the platform's own form to be put around it.
    case text(String)
    /// The response as the platform shall have it.
    case response(Response)

    /// An HTTP response by the bot's hand.
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

/// What became of a reply. Also a metric label, and what the bot is told.
public enum ReplyOutcome: String, Sendable, CaseIterable {
    /// It is the platform's answer.
    case accepted
    /// Another reply was first.
    case second
    /// The deadline had passed; the platform has had the fallback.
    case late
    /// No request waits for it: the token is wrong, or its node is gone.
    case unknown
    /// The platform cannot be answered so: too long, a status or a field that HTTP does not know.
    case unfit
}
