// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What a node says when it is ready: where to point the platform and the bot, and how to see an event come through.
struct Greeting {
    /// A secret to begin with; any other works as well.
    private static let sampleSecret = "demo-secret"

    /// The node's address, without a slash at its end.
    var baseURL: String
    var tier: Tier
    /// Whether only registered bots are served.
    var isRegistered = false
    /// Where events are kept, to end the sentence "Events are kept …".
    var retention: String
    /// How the program was called, so that the command can be pasted as it is.
    var program = CommandLine.arguments[0]

    var text: String {
        var text = "Hookwire is listening on \(self.baseURL)\n\n"
        if self.tier.takesWebhooks {
            text +=
                "  Webhook URL   \(self.baseURL)/webhook\(self.isRegistered ? "/qq/NAME" : "?secret=\(Self.sampleSecret)")\n"
        }
        if self.tier.holdsSockets {
            text += "  Socket URL    ws\(self.baseURL.dropFirst("http".count))/ws"
            text += self.isRegistered ? "/NAME\n" : "?secret=\(Self.sampleSecret)\n"
        }
        text +=
            self.isRegistered
            ? "\nOnly registered bots are served: put in a bot's platform and NAME (hookwire bots list). "
            : "\nPut your bot's secret in place of \(Self.sampleSecret). "
        text += "Events are kept \(self.retention).\n"
        if self.tier.takesWebhooks {
            text += """

                Send a signed sample event:

                  \(self.program) send --relay \(self.baseURL)\(self.isRegistered ? "/webhook/qq/NAME" : "") --platform qq --secret \(self.isRegistered ? "SECRET" : Self.sampleSecret) --text "Hello from Hookwire"

                """
        }
        return text
    }
}
