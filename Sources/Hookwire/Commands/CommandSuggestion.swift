// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Shared

/// A mistyped name of a command, with the one that was most likely meant. The argument parser has that for flags only.
struct CommandSuggestion {
    /// The largest distance of a name that is suggested.
    private static let suggestedDistance = 2

    /// As it was typed.
    let word: String
    let suggestion: String
    /// The command that has no subcommand of the typed name.
    let parent: any ParsableCommand.Type

    /// Looks for a mistyped name; nil where each is one, or is near to none.
    ///
    /// - Parameter arguments: of the process, without its own name.
    static func find(in arguments: some Sequence<String>, of root: any ParsableCommand.Type) -> CommandSuggestion? {
        var command = root
        for word in arguments {
            let subcommands = command.configuration.subcommands
            if let next = subcommands.first(where: { $0._commandName == word }) {
                command = next
                continue
            }
            let names = subcommands.map { $0._commandName }
            guard !word.hasPrefix("-"),
                let nearest = EditDistance.nearest(to: word, among: names, within: Self.suggestedDistance)
            else { return nil }
            return CommandSuggestion(word: word, suggestion: nearest, parent: command)
        }
        return nil
    }

    var sentence: String { "Unexpected argument '\(self.word)'. Did you mean '\(self.suggestion)'?" }
}
