// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// What is given and no node reads: a misspelt name would else have no effect and say nothing.
struct UnknownSettings {
    /// The largest distance of a name that is suggested.
    private static let suggestedDistance = 3
    /// Variables of the environment that are no setting of a node.
    private static let otherVariables: Set<String> = [
        "HOOKWIRE_CONFIG", "HOOKWIRE_SECRET", "HOOKWIRE_SECRET_FILE", "HOOKWIRE_TOKEN", "HOOKWIRE_TOKEN_FILE",
        "HOOKWIRE_BINARY",
    ]

    let settings: [SettingsLedger.Entry]

    /// A sentence for each line of a file that no setting reads.
    func faults(in file: ConfigurationFile?) -> [String] {
        guard let file else { return [] }
        let known = Set(self.settings.map(\.name)).union(self.settings.filter(\.isSecret).map { $0.name + "-file" })
        return file.lines.compactMap { line in
            guard !known.contains(line.name), line.name != "config" else { return nil }
            let number = line.number.map { ":\($0)" } ?? ""
            let suggestion = self.suggestion(for: line.name, among: known)
            return "\(file.path)\(number): \(line.name) is no setting: nothing reads it\(suggestion)."
        }
    }

    /// A sentence for each variable of the environment that looks like a setting and is none.
    func faults(inEnvironment names: some Sequence<String>) -> [String] {
        var known = Set(self.settings.map(\.environmentName))
        known.formUnion(self.settings.filter(\.isSecret).map { $0.environmentName + "_FILE" })
        let names = names.filter { $0.hasPrefix("HOOKWIRE_") }
        let services = Self.services(in: names)
        return names.filter { name in
            !known.contains(name) && !Self.otherVariables.contains(name)
                && !services.contains { Self.isSet(name, forService: $0) }
        }.sorted().map { name in
            "\(name) is no setting: nothing reads it\(self.suggestion(for: name, among: known))."
        }
    }

    /// The services for which Kubernetes has set variables, as their names begin: `HOOKWIRE_INGRESS` for `hookwire-ingress`.
    private static func services(in names: [String]) -> [String] {
        let mark = "_SERVICE_HOST"
        return names.filter { $0.hasSuffix(mark) }.map { String($0.dropLast(mark.utf8.count)) }
    }

    private static func isSet(_ name: String, forService service: String) -> Bool {
        name == "\(service)_PORT" || name.hasPrefix("\(service)_PORT_") || name.hasPrefix("\(service)_SERVICE_")
    }

    private func suggestion(for name: String, among known: Set<String>) -> String {
        EditDistance.nearest(to: name, among: known, within: Self.suggestedDistance).map { " (did you mean \($0)?)" }
            ?? ""
    }
}
