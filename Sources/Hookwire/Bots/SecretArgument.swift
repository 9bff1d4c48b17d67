// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Finds secrets in arguments.
enum SecretArgument {
    /// The options whose value is one.
    private static let options = [
        "--secret", "--token", "--previous-secret", "--verify-token", "--aes-key", "--header",
    ]
    /// The parameters of a URL, a webhook's or Redis', whose value is one.
    private static let parameters = [
        "secret", "token", "verify_token", "aes_key", "access_token", "sentinel-password",
    ]

    /// Whether the next argument is a secret as a whole.
    static func isOption(_ argument: some Collection<UInt8>) -> Bool {
        self.options.contains { $0.utf8.elementsEqual(argument) }
    }

    /// Where in an argument secrets stand.
    static func secrets<Argument: BidirectionalCollection<UInt8>>(
        in argument: Argument,
        followsOption: Bool
    ) -> [Argument.Index] {
        guard !followsOption else { return Array(argument.indices) }
        for option in self.options where argument.starts(with: (option + "=").utf8) {
            return Array(argument.indices.dropFirst(option.utf8.count + 1))
        }
        return self.passwords(in: argument) + self.queryValues(in: argument)
    }

    /// `scheme://user:password@host`: up to the last @ before the path, of each URL, for there may be a list of them.
    private static func passwords<Argument: BidirectionalCollection<UInt8>>(in argument: Argument) -> [Argument.Index] {
        var secrets: [Argument.Index] = []
        var rest = argument[...]
        while let start = self.end(of: "://", in: rest) {
            rest = argument[start...]
            let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
            guard let at = authority.lastIndex(of: UInt8(ascii: "@")),
                let colon = authority[..<at].firstIndex(of: UInt8(ascii: ":"))
            else { continue }
            secrets += authority.indices[authority.index(after: colon)..<at]
        }
        return secrets
    }

    /// `?secret=S&token=T`, of each URL. What stands behind a value up to the next & counts to it.
    private static func queryValues<Argument: BidirectionalCollection<UInt8>>(
        in argument: Argument
    ) -> [Argument.Index] {
        var secrets: [Argument.Index] = []
        var rest = argument.drop { $0 != UInt8(ascii: "?") }
        while let mark = rest.firstIndex(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "&") }) {
            rest = argument[argument.index(after: mark)...]
            let pair = rest.prefix { $0 != UInt8(ascii: "&") }
            guard let equals = pair.firstIndex(of: UInt8(ascii: "=")),
                self.parameters.contains(where: { $0.utf8.elementsEqual(pair[..<equals]) })
            else { continue }
            secrets += pair.indices[pair.index(after: equals)...]
        }
        return secrets
    }

    private static func end<Argument: BidirectionalCollection<UInt8>>(
        of text: String,
        in argument: Argument
    ) -> Argument.Index? {
        var rest = argument[...]
        while !rest.isEmpty {
            if rest.starts(with: text.utf8) { return rest.index(rest.startIndex, offsetBy: text.utf8.count) }
            rest.removeFirst()
        }
        return nil
    }
}
