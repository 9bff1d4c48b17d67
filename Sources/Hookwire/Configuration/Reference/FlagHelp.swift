// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Foundation

/// What the help of a command says of its flags, as the argument parser itself describes them.
struct FlagHelp {
    /// One flag.
    struct Flag {
        var name: String
        /// The title of the group that it is shown in.
        var section: String
        var sentence: String
    }

    /// In the order of the help.
    let flags: [Flag]

    private struct Tool: Decodable {
        struct Command: Decodable {
            var arguments: [Argument]?
        }
        struct Argument: Decodable {
            struct Name: Decodable {
                var kind: String
                var name: String
            }
            var sectionTitle: String?
            var preferredName: Name?
            var abstract: String?
        }
        var command: Command
    }

    /// - Throws: `DecodingError` where the argument parser describes itself in another way than the version that this is
    ///   built with.
    init(of command: any ParsableCommand.Type) throws {
        let tool = try JSONDecoder().decode(Tool.self, from: Data(command._dumpHelp().utf8))
        self.flags = (tool.command.arguments ?? []).compactMap { argument in
            guard let name = argument.preferredName, name.kind == "long", let section = argument.sectionTitle else {
                return nil
            }
            return Flag(name: name.name, section: section, sentence: argument.abstract ?? "")
        }
    }
}
