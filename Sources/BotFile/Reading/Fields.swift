// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared
internal import Yams

/// The members of one mapping of the file. An invalid one is reported, and treated as absent.
struct Fields {
    /// The line the mapping begins on.
    let line: Int?
    private let values: [String: Node]
    private let lines: [String: Int]
    /// What it is, to end the sentence "… is no key of …".
    private let owner: String

    /// Checks the keys; nil where the node is no mapping.
    init?(_ node: Node, of owner: String, keys: KnownKeys, line: Int? = nil, log: inout FaultLog) {
        let line = line ?? node.mark?.line
        guard let mapping = node.mapping else {
            log.error(line, "\(owner.capitalizedFirst) must be a mapping, with lines such as \(keys.names[0]): …")
            return nil
        }
        var (values, lines): ([String: Node], [String: Int]) = ([:], [:])
        for (key, value) in mapping {
            guard let name = key.scalar?.string, keys.contains(name) else {
                let name = key.scalar?.string ?? "…"
                let nearest = keys.nearest(to: name)
                let mend =
                    nearest.map { "did you mean \($0)?" } ?? "there are \(keys.names.joined(separator: ", "))."
                // Where a colon is missing or in the wrong place, a secret is taken for a key.
                let subject = nearest != nil || BotRule.isWord(name) ? FaultLog.quote(name) : "What stands here"
                log.error(key.mark?.line, "\(subject) is no key of \(owner); \(mend)")
                continue
            }
            values[name] = value
            lines[name] = key.mark?.line
        }
        self.values = values
        self.lines = lines
        self.owner = owner
        self.line = line
    }

    func line(of key: String) -> Int? { self.lines[key] ?? self.line }

    func node(_ key: String) -> Node? { self.values[key] }

    /// A member's text, which is never part of a sentence about it.
    func text(_ key: String, _ log: inout FaultLog) -> String? {
        guard let node = self.values[key] else { return nil }
        guard let scalar = node.scalar, !self.isEmpty(scalar) else {
            log.error(self.line(of: key), "\(key) of \(self.owner) has no text; give it, or remove the line.")
            return nil
        }
        return scalar.string
    }

    /// A member of some type. Its value is not repeated: it may be a misplaced secret.
    ///
    /// - Parameter expectation: to end the sentence "… must be".
    func value<Value>(
        _ key: String,
        _ expectation: String,
        _ log: inout FaultLog,
        parse: (String) -> Value?
    ) -> Value? {
        guard let text = self.text(key, &log) else { return nil }
        guard let value = parse(text) else {
            log.error(self.line(of: key), "\(key) of \(self.owner) must be \(expectation).")
            return nil
        }
        return value
    }

    func number(_ key: String, in range: ClosedRange<Int>, _ log: inout FaultLog) -> Int? {
        self.value(key, "a whole number from \(range.lowerBound) to \(range.upperBound)", &log) { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    func flag(_ key: String, _ log: inout FaultLog) -> Bool? {
        self.value(key, "true or false", &log) { ["true": true, "false": false][$0.lowercased()] }
    }

    /// The elements of a list; a single value is a list of one.
    func list(_ key: String, limit: Int, _ log: inout FaultLog) -> [Node]? {
        guard let node = self.values[key] else { return nil }
        let nodes = node.sequence.map { Array($0) } ?? [node]
        guard nodes.count <= limit else {
            log.error(self.line(of: key), "\(key) of \(self.owner) has more than \(limit) elements; remove some.")
            return nil
        }
        return nodes
    }

    private func isEmpty(_ scalar: Node.Scalar) -> Bool {
        scalar.string.isEmpty || (scalar.style == .plain && ["~", "null"].contains(scalar.string))
    }
}

extension String {
    fileprivate var capitalizedFirst: String { self.prefix(1).uppercased() + self.dropFirst() }
}
