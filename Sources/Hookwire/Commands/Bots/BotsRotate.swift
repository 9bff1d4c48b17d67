// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Shared
internal import Synchronization

/// `hookwire bots rotate`: changes a bot's secret without losing an event.
struct BotsRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Gives a bot another secret; the one before holds too, until --finish.",
        discussion: """
            First the new secret is registered, then it is given to the platform, then the rotation is finished. In \
            between both open and sign, and sockets stay.
            """
    )

    @OptionGroup var bot: BotNameArgument
    @OptionGroup(title: "Secret") var secret: SecretOptions

    @Flag(help: "Let the secret before go.")
    var finish = false

    @OptionGroup(title: "Registry") var store: BotStoreOptions

    func validate() throws {
        guard !self.finish || (self.secret.secret == nil && self.secret.secretFile == nil) else {
            throw ValidationError("Give the new secret, or --finish when the platform has it, not both.")
        }
    }

    func run() async throws {
        let name = try self.bot.name()
        guard !self.finish else {
            try await OpenBotStore.with(self.store) { open in
                let action = BotAction(.endRotation, by: OpenBotStore.actor)
                try await open.store.change(name, action, BotChange.endRotation())
                print("Finished: only the new secret of \(name) holds.")
            }
            return
        }
        let secret = try self.secret.required()
        if let fault = BotRule.fault(ofSecret: secret) { throw ValidationError("The secret \(fault)") }
        try await OpenBotStore.with(self.store) { open in
            let action = BotAction(.rotate, by: OpenBotStore.actor)
            let dropped = Mutex(false)
            try await open.store.change(name, action) { (old, directory) throws(BotStoreError) in
                dropped.withLock { $0 = old?.previousSecret != nil }
                return try BotChange.rotate(to: secret, replacing: true)(old, directory)
            }
            if dropped.withLock({ $0 }) {
                OpenBotStore.complain(
                    "warning: A rotation was under way; the oldest of the three secrets holds no more from now on."
                )
            }
            print(
                "Both secrets of \(name) hold now. Give the platform the new one, then: hookwire bots rotate \(name) --finish"
            )
        }
    }
}
