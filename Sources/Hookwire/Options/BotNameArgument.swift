// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Shared

/// Which registered bot a command is about.
struct BotNameArgument: ParsableArguments {
    @Argument(help: ArgumentHelp("The bot's name: \(BotName.rule).", valueName: "name"))
    var text: String

    func validate() throws {
        _ = try self.name()
    }

    func name() throws -> BotName {
        try Self.name(self.text, of: "A bot's name")
    }

    /// A name, or the sentence that says what one is.
    static func name(_ text: String, of subject: String) throws -> BotName {
        guard let name = BotName(text) else { throw ValidationError("\(subject) is \(BotName.rule).") }
        return name
    }
}
