// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// The message of a node that is ready: where to point the platform and the bot, and how to see an event arrive.
struct Greeting {
    /// A secret to begin with; any other works as well.
    private static let sampleSecret = "demo-secret"
    private static let otherPaths = PlatformName.allCases.filter { $0 != .qq }.map(\.path).joined(separator: ", ")

    /// The node's address, without a slash at its end.
    var baseURL: String
    /// Where platforms and bots reach it, without a slash at its end, where the operator has said so (--public-url).
    var publicURL: String?
    var tier: Tier
    var access = AccessMode.open
    /// Where the bots are managed; nil where that is not by HTTP.
    var adminURL: String?
    /// Where events are kept, to end the sentence "Events are kept …".
    var retention: String
    /// How the program was called, so that the command can be pasted as it is.
    var program = CommandLine.arguments[0]

    var text: String {
        var text = "Hookwire is listening on \(self.baseURL)\n\n"
        if self.tier.takesWebhooks {
            text += "  Webhook URL   \(self.reachableURL)\(self.webhookPath)\n"
            // Otherwise everybody takes the one that is shown.
            if self.access == .open { text += "                (QQ's; of others: \(Self.otherPaths))\n" }
        }
        if self.tier.holdsSockets {
            text += "  Socket URL    ws\(self.reachableURL.dropFirst("http".count))\(self.socketPath)\n"
        }
        if let adminURL { text += "  Bots' page    \(adminURL)/\n" }
        switch self.access {
        case .open: text += self.invitation
        case .registered: text += self.registration
        }
        return text
    }

    private var reachableURL: String { self.publicURL ?? self.baseURL }

    private var webhookPath: String {
        switch self.access {
        case .open: "/webhook?secret=\(Self.sampleSecret)"
        case .registered: "/webhook/PLATFORM/BOT"
        }
    }

    private var socketPath: String {
        switch self.access {
        case .open: "/ws?secret=\(Self.sampleSecret)"
        case .registered: "/ws/BOT"
        }
    }

    private var invitation: String {
        var text = "\nPut your bot's secret in place of \(Self.sampleSecret). Events are kept \(self.retention).\n"
        if self.tier.takesWebhooks {
            text += """

                Send a signed sample event:

                  \(self.program) send --relay \(self.reachableURL) --platform qq --secret \(Self.sampleSecret) --text "Hello from Hookwire"

                """
        }
        return text
    }

    private var registration: String {
        """

        Only registered bots are served. Events are kept \(self.retention).

        Register one:

          \(self.program) bots add --help

        """
    }
}
