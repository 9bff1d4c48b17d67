// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Shared

/// A webhook's settings, for commands that imitate the platform.
struct PlatformOptions: ParsableArguments {
    // Not with the environment's as its default, which the help would print.
    @Option(
        name: .customLong("secret"),
        help: ArgumentHelp(
            "The bot's secret: of WeChat the token, of Meta the app secret. HOOKWIRE_SECRET or HOOKWIRE_SECRET_FILE in the environment keeps it out of the process list; a whole webhook URL may have it.",
            valueName: "secret"
        )
    )
    private var givenSecret: String?

    @Option(help: ArgumentHelp("Messenger: the verify token.", valueName: "token"))
    var verifyToken: String?

    @Option(help: ArgumentHelp("WeChat, encrypted mode: the EncodingAESKey.", valueName: "key"))
    var aesKey: String?

    @Option(
        help: ArgumentHelp(
            "WeChat, encrypted mode: the account's app id. QQ: the bot's, by which /webhook/qq finds it.",
            valueName: "id"
        )
    )
    var appID: String?

    @Option(
        help: ArgumentHelp(
            "Dialogflow: where the secret is: url, bearer, or basic (the password of basic auth).",
            valueName: "place"
        )
    )
    var auth = Credentials.Presentation.url

    @Option(
        help: ArgumentHelp(
            "Generic: how the sender proves itself: github, standard, bearer or none.",
            valueName: "scheme"
        )
    )
    var scheme: String?

    @Option(
        help: ArgumentHelp(
            "Generic: the field of the signature or the secret, NAME or NAME:PREFIX. Dialogflow: the field of the secret.",
            valueName: "name"
        )
    )
    var header: String?

    /// The settings, completed by what the webhook's URL says. The secret is that of the command line, the URL's, or that of
    /// the environment, which may be another bot's; empty where none is given.
    func credentials(for url: WebhookURL) -> Credentials {
        var credentials = Credentials(secret: Secret(self.givenSecret ?? ""))
        credentials.verifyToken = self.verifyToken.map { Secret($0) }
        credentials.aesKey = self.aesKey.map { Secret($0) }
        credentials.appID = self.appID
        credentials.presentation = self.auth
        credentials.scheme = self.scheme
        credentials.header = self.header
        credentials = credentials.completed(by: url.parameters)
        if credentials.secret.isEmpty {
            credentials.secret = Secret((try? EnvironmentSecret.read("HOOKWIRE_SECRET")) ?? "")
        }
        return credentials
    }

    /// Whether the command line or the webhook's URL has the secret, so that the environment's is not asked for.
    func hasSecret(for url: WebhookURL) -> Bool {
        !Credentials(secret: Secret(self.givenSecret ?? "")).completed(by: url.parameters).secret.isEmpty
    }

    func validate() throws {
        if self.givenSecret == nil { _ = try EnvironmentSecret.read("HOOKWIRE_SECRET") }
        guard self.header.map({ $0.split(separator: ":").first.map { String($0).isHTTPToken } ?? false }) ?? true else {
            throw ValidationError("--header must be the name of a header field, such as X-Signature.")
        }
    }
}

extension Credentials.Presentation: ExpressibleByArgument {}
