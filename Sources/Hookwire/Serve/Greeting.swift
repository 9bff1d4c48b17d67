// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What a node says when it is ready: where to point the platform and the bot, and how to see an event come through.
struct Greeting {
    /// A secret to begin with; any other works as well.
    private static let sampleSecret = "demo-secret"

    /// The node's address, without a slash at its end.
    var baseURL: String
    /// How the program was called, so that the command can be pasted as it is.
    var program = CommandLine.arguments[0]

    var text: String {
        let socketURL = "ws" + self.baseURL.dropFirst("http".count)
        return """
            Hookwire is listening on \(self.baseURL)

              Webhook URL   \(self.baseURL)/webhook?secret=\(Self.sampleSecret)
              Socket URL    \(socketURL)/ws?secret=\(Self.sampleSecret)

            Put your bot's secret in place of \(Self.sampleSecret). Events are kept in memory and end with the process.

            Send a signed sample event:

              \(self.program) send --relay \(self.baseURL) --platform qq --secret \(Self.sampleSecret) --text "Hello from Hookwire"

            """
    }
}
