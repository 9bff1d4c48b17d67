// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// A secret that a command finds in its environment: `NAME` has it, or `NAME_FILE` the path of a file that does.
enum EnvironmentSecret {
    /// The secret; nil where neither variable is set.
    ///
    /// - Throws: a sentence, where the file cannot be read or both are set.
    static func read(_ name: String) throws -> String? {
        let (value, path) = (self.variable(name), self.variable(name + "_FILE"))
        guard let path else { return value }
        guard value == nil else {
            throw ValidationError("\(name) and \(name)_FILE are both set; unset one of them.")
        }
        do throws(SecretFile.Fault) {
            return try SecretFile.read(path)
        } catch {
            throw ValidationError("The file that \(name)_FILE names does not do: \(error).")
        }
    }

    private static func variable(_ name: String) -> String? {
        ProcessEnvironment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
