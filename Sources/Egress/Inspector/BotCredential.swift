// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// What opens a bot's channel over HTTP: the secret as a bearer token, or in the query.
enum BotCredential {
    /// The secret that a request presents; nil where it presents none.
    static func secret(of request: HTTPRequest) -> Secret? {
        guard let text = request.bearerToken ?? request.query["secret"], !text.isEmpty else { return nil }
        return Secret(text)
    }

    /// The answer where there is none.
    static var refusal: HTTPResponse { SocketRefusal.missingSecret.problem.response }
}
