// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1

/// A platform's request to a webhook.
struct SampleRequest: Sendable {
    var method = HTTPMethod.POST
    /// What the platform adds to the webhook's query.
    var query: [(name: String, value: String)] = []
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
}

/// What an event of a sample says.
enum SampleContent: Sendable {
    /// A user's message.
    case text(String)
    /// A body as it is, which is only signed.
    case body([UInt8])
    /// Something that no bot acts on: for who only wants to know whether events arrive.
    case nothing
}
