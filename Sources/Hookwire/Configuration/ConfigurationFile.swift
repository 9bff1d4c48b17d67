// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Yams

/// The YAML file of a node's settings: names, each with one value.
struct ConfigurationFile: Sendable {
    /// The largest file that is read.
    private static let limit = 16 << 20

    /// A name that the file has.
    struct Line: Sendable {
        let name: String
        /// From 1; nil where it is not known.
        let number: Int?
        /// As it is written; nil where it is no single value: a list, a mapping, or nothing.
        let value: String?
    }

    let path: String
    /// In the order of the file; empty where it has comments only.
    let lines: [Line]

    /// Reads a file.
    ///
    /// - Throws: `SettingsError` where it cannot be read or is no mapping. It quotes nothing of the file but names: what is
    ///   in it may be secrets.
    init(_ path: String) throws(SettingsError) {
        self.path = path
        let document: Yams.Node?
        do {
            let bytes = try InputFile.read(path, limit: Self.limit)
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw SettingsError(message: "The configuration file \(path) is no text in UTF-8; save it as UTF-8.")
            }
            document = try Yams.compose(yaml: text)
        } catch let error as SettingsError {
            throw error
        } catch let error as YamlError {
            throw SettingsError(message: "The configuration file \(path)\(Self.sentence(error))")
        } catch {
            throw SettingsError(message: "The configuration file \(path) cannot be read: \(error). Check the path.")
        }
        switch document {
        case nil: self.lines = []
        case .mapping(let mapping):
            self.lines = mapping.map { key, value in
                Line(name: key.string ?? "", number: key.mark?.line, value: Self.value(value))
            }
        default:
            throw SettingsError(
                message: "The configuration file \(path) has no names: write a setting a line, such as port: 8080."
            )
        }
    }

    /// The line of a name.
    subscript(name: String) -> Line? { self.lines.first { $0.name == name } }

    private static func value(_ node: Yams.Node) -> String? {
        guard case .scalar(let scalar) = node, !(scalar.style == .plain && ["", "~", "null"].contains(scalar.string))
        else { return nil }
        return scalar.string
    }

    private static func sentence(_ error: YamlError) -> String {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            ":\(mark.line) is no YAML (\(problem), column \(mark.column)); check the indentation and the quotes."
        case .duplicatedKeysInMapping(_, let context):
            ":\(context.mark.line) has a name twice; remove one of them."
        default:
            " is no YAML; save it as UTF-8, and check the indentation and the quotes."
        }
    }
}
